/** Erasing what is stored about a person, and following how far that has come. */
import { parseRecipient, PomboError, recipientKind } from '@pombo/contracts';
import type { Erasure } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import { callOf } from '../http/request-context.js';
import { rfc3339 } from '../http/rfc3339.js';
import type { Routes } from './routes.js';

export function addErasureRoutes(routes: Routes, { store: { erasures }, erasureRunner }: AppParts): void {
  routes.add('DELETE /recipients/:number', async (request, response) => {
    const { caller, redisBudget } = callOf(request);
    const jid = personOf(String(request.params['number']));
    const erasure = await redisBudget.spend(erasures.requestRecipient(caller.tenantId, jid));
    erasureRunner.wake();
    response.status(202).location(`/erasures/${erasure.id}`);
    response.json({ success: true, ...describeErasure(erasure) });
  });

  routes.add('GET /erasures/:id', async (request, response) => {
    const { caller, redisBudget } = callOf(request);
    const erasure = await redisBudget.spend(erasures.read(caller.tenantId, String(request.params['id'])));
    if (!erasure) throw new PomboError('NOT_FOUND', 'you have no erasure with this id');
    response.json({ success: true, ...describeErasure(erasure) });
  });
}

function describeErasure({ id, done, requestedAt, finishedAt, erased, canceled }: Erasure) {
  return {
    erasure_id: id,
    status: done ? 'done' : 'pending',
    messages_erased: erased,
    messages_canceled: canceled,
    requested_at: rfc3339(requestedAt),
    finished_at: finishedAt === undefined ? null : rfc3339(finishedAt),
  };
}

/** @throws PomboError VALIDATION_ERROR for what names no person. */
function personOf(given: string): string {
  const jid = parseRecipient(given);
  const kind = jid === undefined ? undefined : recipientKind(jid);
  if (jid !== undefined && (kind === 'user' || kind === 'lid')) return jid;
  const message = 'number must be a phone number of 10 to 15 digits with its country code, or the JID of a person';
  throw new PomboError('VALIDATION_ERROR', message, { validation: [{ field: 'number', message }] });
}
