/** Delivering again: one event, all that were given up, or all since a time. */
import { isMessageId, type MessageRecord, PomboError } from '@pombo/contracts';
import { asksFor, type Store, type StoredEvent, type WebhookEndpoint, type WebhookName } from '@pombo/store';
import Joi from 'joi';
import { fieldProblems, summarise } from '../http/field-problems.js';

export interface ReplayRequest {
  readonly event_id?: string;
  readonly failed?: true;
  readonly since?: Date;
}

export interface Replayed {
  /** Events that are due now and were not before. */
  readonly queued: number;
  /** Whether that was all; too many events wait for the endpoint otherwise. */
  readonly complete: boolean;
}

const PIECE = 1000;
/** How many events of a tenant are looked through for one of them: the event came soon after the time its id tells. */
const MOST_LOOKED_AT = 50_000;

export const replaySchema = Joi.object<ReplayRequest>({
  event_id: Joi.string().max(128),
  failed: Joi.boolean().valid(true),
  since: Joi.date().iso(),
})
  .xor('event_id', 'failed', 'since')
  .messages({
    'object.missing': 'one of event_id, failed and since must be given',
    'object.xor': 'only one of event_id, failed and since can be given',
    'any.only': '{{#label}} must be true',
  })
  .prefs({ abortEarly: false, stripUnknown: true, errors: { wrap: { label: false } } });

/** @throws PomboError VALIDATION_ERROR */
export function parseReplay(body: unknown): ReplayRequest {
  const result = replaySchema.validate(body);
  if (!result.error) return result.value;
  const validation = fieldProblems(result.error, (key) => key);
  throw new PomboError('VALIDATION_ERROR', summarise(validation), { validation });
}

/** @throws PomboError NOT_FOUND for an event that is not kept (any more) */
export async function replay(store: Store, endpoint: WebhookEndpoint, request: ReplayRequest): Promise<Replayed> {
  const name = { tenantId: endpoint.tenantId, webhookId: endpoint.id };
  const replayed = await requeueAsked(store, name, endpoint, request);
  await store.webhooks.endpoints.wake(name);
  return replayed;
}

function requeueAsked(store: Store, name: WebhookName, endpoint: WebhookEndpoint, request: ReplayRequest) {
  if (request.event_id !== undefined) return requeueOne(store, name, request.event_id);
  return request.since === undefined ? requeueDead(store, name) : requeueSince(store, name, endpoint, request.since);
}

async function requeueOne(store: Store, name: WebhookName, eventId: string): Promise<Replayed> {
  const from = await timeOf(store, name.tenantId, eventId);
  let looked = 0;
  for await (const piece of eventsFrom(store, name.tenantId, from)) {
    const found = piece.find(({ event }) => event.id === eventId);
    if (found) return { queued: await store.webhooks.deliveries.requeue(name, [found.entryId]), complete: true };
    looked += piece.length;
    if (looked >= MOST_LOOKED_AT) break;
  }
  throw new PomboError('NOT_FOUND', 'there is no event with this event_id, or it is no longer kept');
}

async function requeueDead({ webhooks }: Store, name: WebhookName): Promise<Replayed> {
  for (let queued = 0; ;) {
    const entries = await webhooks.log.dead(name, PIECE);
    if (entries.length === 0) return { queued, complete: true };
    const done = await webhooks.deliveries.requeue(name, entries);
    queued += done;
    if (done < entries.length) return { queued, complete: false };
  }
}

async function requeueSince(
  store: Store,
  name: WebhookName,
  endpoint: WebhookEndpoint,
  since: Date,
): Promise<Replayed> {
  const begunAt = Date.now();
  let queued = 0;
  for await (const piece of eventsFrom(store, name.tenantId, since.getTime())) {
    const wanted = piece.filter(({ event }) => event.at >= since.getTime() && event.at <= begunAt);
    const entries = wanted.filter(({ event }) => asksFor(endpoint, event)).map(({ entryId }) => entryId);
    const done = await store.webhooks.deliveries.requeue(name, entries);
    queued += done;
    if (done < entries.length && (await isFull(store, name))) return { queued, complete: false };
  }
  return { queued, complete: true };
}

/** Fewer may also have been due because some were already. */
async function isFull({ webhooks }: Store, name: WebhookName): Promise<boolean> {
  return (await webhooks.deliveries.room(name)) <= 0;
}

async function* eventsFrom(store: Store, tenantId: string, at: number): AsyncGenerator<StoredEvent[], void, undefined> {
  let from = String(Math.max(0, at));
  for (;;) {
    const piece = await store.webhooks.events.list(tenantId, from, PIECE);
    const last = piece.at(-1);
    if (!last) return;
    yield piece;
    from = `(${last.entryId}`;
  }
}

const MESSAGE_EVENT = /^evt_([0-9A-F]{22})_([a-z]+)$/;
const TIMED_EVENT = /^evt_[0-9A-Za-z]+_(\d{10,15})/;

/** When the event came to be; the beginning of all that is kept where the id does not lead there. */
async function timeOf({ messages }: Store, tenantId: string, eventId: string): Promise<number> {
  const [, messageId = '', state] = MESSAGE_EVENT.exec(eventId) ?? [];
  if (!isMessageId(messageId)) return Number(TIMED_EVENT.exec(eventId)?.[1] ?? 0);
  const record = await messages.read(messageId);
  const at = record?.[`${state}At` as keyof MessageRecord];
  return record?.tenantId === tenantId && typeof at === 'number' ? at : 0;
}
