/** Gives a message its id and its device; under an `Idempotency-Key`, those that the first request with it was given. */
import { PomboError } from '@pombo/contracts';
import type { Intent, IntentName } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import { IDEMPOTENCY_KEY } from '../http/idempotency-key.js';
import type { CallContext } from '../http/request-context.js';
import { fingerprintOf } from './fingerprint.js';
import type { SendPlan } from './send-plan.js';

export interface Ticket {
  readonly messageId: string;
  readonly deviceId: string;
  /** When it was issued, in milliseconds since the epoch. */
  readonly at: number;
  /** Set under an `Idempotency-Key`. */
  readonly intent?: { readonly name: IntentName; readonly standing: Intent };
}

/** @throws PomboError IDEMPOTENCY_KEY_REUSED; DEVICE_NOT_FOUND, DEVICE_NOT_READY when a device had to be chosen. */
export type IssueTicket = (plan: SendPlan, context: CallContext, key: string | undefined) => Promise<Ticket>;

export function createIssueTicket({ store: { intents, messages } }: Pick<AppParts, 'store'>): IssueTicket {
  const issue = async (plan: SendPlan): Promise<Ticket> => {
    const device = await plan.chooseDevice();
    return { messageId: messages.createId(device.id), deviceId: device.id, at: Date.now() };
  };

  return async (plan, { caller: { tenantId }, redisBudget }, key) => {
    if (key === undefined) return issue(plan);
    const name: IntentName = { tenantId, scope: plan.scope, key };
    const fingerprint = fingerprintOf(plan.asked);
    // Looked up first, so that a repeated request is answered even when no device could be chosen any more.
    const earlier = await redisBudget.spend(intents.read(name));
    const standing =
      earlier ?? (await redisBudget.spend(intents.claim(name, { ...(await issue(plan)), fingerprint, done: false })));
    if (standing.fingerprint !== fingerprint) throw keyReused();
    const { messageId, deviceId, at } = standing;
    return { messageId, deviceId, at, intent: { name, standing } };
  };
}

function keyReused(): PomboError {
  const message = `this ${IDEMPOTENCY_KEY} was used for another request before; take a new one for each message`;
  return new PomboError('IDEMPOTENCY_KEY_REUSED', message, { validation: [{ field: IDEMPOTENCY_KEY, message }] });
}
