/** Delivering again: one event, all that were given up, or all since a time. */
import { PomboError, timeSchema } from '@pombo/contracts';
import { asksFor, isWithin, nameOfWebhook, type Store, type StoredEvent, type WebhookEndpoint } from '@pombo/store';
import Joi from 'joi';
import { findEvent } from './find-event.js';

export interface ReplayRequest {
  readonly event_id?: string;
  readonly failed?: true;
  readonly since?: Date;
  /** `next` of an earlier answer: goes on behind it. */
  readonly after?: string;
}

export interface Replayed {
  /** Events that are due now and were not before. */
  readonly queued: number;
  /** Whether that was all; too many events wait for the endpoint otherwise. */
  readonly complete: boolean;
  /** Of `since`, where to go on when that was not all; null: at the beginning. */
  readonly next: string | null;
}

const PIECE = 1000;

export const replaySchema = Joi.object<ReplayRequest>({
  event_id: Joi.string().max(128),
  failed: Joi.boolean().valid(true),
  since: timeSchema,
  after: Joi.string()
    .pattern(/^\d{1,15}-\d{1,10}$/, 'the next of an earlier answer')
    .description(
      'With the same `since`: goes on where an earlier answer that was not `complete` ended, at its `next`.',
    ),
})
  .xor('event_id', 'failed', 'since')
  .nand('after', 'event_id')
  .nand('after', 'failed')
  .messages({
    'object.missing': 'one of event_id, failed and since must be given',
    'object.xor': 'only one of event_id, failed and since can be given',
    'any.only': '{{#label}} must be true',
    'object.nand': 'after can be given with since only',
  });

/** @throws PomboError NOT_FOUND for an event that is not kept (any more) */
export async function replay(store: Store, endpoint: WebhookEndpoint, request: ReplayRequest): Promise<Replayed> {
  const name = nameOfWebhook(endpoint);
  const replayed = await requeueAsked(store, endpoint, request);
  await store.webhooks.endpoints.wake(name);
  return replayed;
}

function requeueAsked(store: Store, endpoint: WebhookEndpoint, request: ReplayRequest) {
  if (request.event_id !== undefined) return requeueOne(store, endpoint, request.event_id);
  const { since, after } = request;
  return since === undefined ? requeueDead(store, endpoint) : requeueSince(store, endpoint, since.getTime(), after);
}

async function requeueOne(store: Store, endpoint: WebhookEndpoint, eventId: string): Promise<Replayed> {
  const name = nameOfWebhook(endpoint);
  const entryId = await findEvent(store, name.tenantId, eventId);
  if (entryId !== undefined && (await mayBeTold(store, endpoint, entryId))) {
    const { queued, handled } = await store.webhooks.deliveries.requeue(name, [entryId]);
    return { queued, complete: handled === 1, next: null };
  }
  throw new PomboError('NOT_FOUND', 'there is no event with this event_id, or it is no longer kept');
}

/** Those given up before it was asked for: an endpoint that is down gives up again what it is sent now. */
async function requeueDead(store: Store, endpoint: WebhookEndpoint): Promise<Replayed> {
  const { redis, webhooks } = store;
  const name = nameOfWebhook(endpoint);
  const begunAt = await timeOfRedis(redis);
  let queued = 0;
  for (let skip = 0; ;) {
    const letters = await webhooks.log.dead(name, skip, PIECE);
    if (letters.length === 0) return { queued, complete: true, next: null };
    const meant = await Promise.all(
      letters.map(async ({ at, entryId }) => at <= begunAt && (await mayBeTold(store, endpoint, entryId))),
    );
    const entries = letters.filter((_letter, place) => meant[place]).map(({ entryId }) => entryId);
    skip += letters.length - entries.length;
    const done = await webhooks.deliveries.requeue(name, entries);
    queued += done.queued;
    if (done.handled < entries.length) return { queued, complete: false, next: null };
  }
}

async function requeueSince(
  store: Store,
  endpoint: WebhookEndpoint,
  since: number,
  after: string | undefined,
): Promise<Replayed> {
  const name = nameOfWebhook(endpoint);
  const begunAt = await timeOfRedis(store.redis);
  let queued = 0;
  let next = after ?? null;
  for await (const piece of eventsFrom(store, name.tenantId, after === undefined ? startOf(since) : `(${after}`)) {
    const wanted = piece.filter(({ event }) => event.at >= since && event.at <= begunAt && asksFor(endpoint, event));
    const entries = wanted.map(({ entryId }) => entryId);
    const done = await store.webhooks.deliveries.requeue(name, entries);
    queued += done.queued;
    if (done.handled < entries.length) return { queued, complete: false, next: entries[done.handled - 1] ?? next };
    next = piece.at(-1)?.entryId ?? next;
  }
  return { queued, complete: true, next: null };
}

/** What it was told once may be about a device that its user may no longer use. */
async function mayBeTold({ webhooks }: Store, endpoint: WebhookEndpoint, entryId: string): Promise<boolean> {
  if (endpoint.scope === undefined) return true;
  const [stored] = await webhooks.events.list(endpoint.tenantId, entryId, 1);
  return stored?.entryId === entryId && isWithin(endpoint, stored.event.deviceId);
}

/** Events and letters bear the time of Redis. */
async function timeOfRedis(redis: Store['redis']): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

const startOf = (at: number): string => String(Math.max(0, at));

async function* eventsFrom(
  store: Store,
  tenantId: string,
  start: string,
): AsyncGenerator<StoredEvent[], void, undefined> {
  for (let from = start; ;) {
    const piece = await store.webhooks.events.list(tenantId, from, PIECE);
    const last = piece.at(-1);
    if (!last) return;
    yield piece;
    from = `(${last.entryId}`;
  }
}
