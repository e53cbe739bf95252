/** A tenant's events, as its stream holds them, and their way in. */
import type { OutboxEvent, Shard } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from '../keys.js';
import type { OutboxEntry } from '../outbox.js';
import { ADMIT } from '../scripts/webhook-scripts.js';
import type { WebhookName } from './webhook-endpoints.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboAdmitEvents(...args: Array<string | number>): Result<Array<[number, string, number]>, Context>;
  }
}

/** An event and which of the endpoints, by their place in a list, want it. */
export interface WantedEvent extends Pick<OutboxEntry, 'entryId' | 'event'> {
  readonly wantedBy: readonly number[];
}

/** Something to do for an endpoint. */
export interface WebhookTurn extends WebhookName {
  /** Its name in the queue, among those of the endpoint; for the same time in the future it is the same. */
  readonly turn: string;
  readonly delayMs: number;
}

/** An event with its place in its tenant's stream, which names it there. */
export interface StoredEvent {
  readonly entryId: string;
  readonly event: OutboxEvent;
}

export interface WebhookEvents {
  /**
   * Takes a shard's events over for one tenant, in the order of its outbox. Those taken over before are left out.
   * @returns the turns to put into the queue.
   */
  admit(
    tenantId: string,
    shard: Shard,
    webhookIds: readonly string[],
    events: readonly WantedEvent[],
  ): Promise<WebhookTurn[]>;
  /** Oldest first, from `from` (an entry's name or ms since the epoch; behind a '(' not itself) on. */
  list(tenantId: string, from: string, count: number): Promise<StoredEvent[]>;
  /** Finds an event by its id. @param from, @param to between which it came, ms since the epoch. @returns its entry. */
  find(tenantId: string, eventId: string, from: number, to?: number): Promise<string | undefined>;
}

export interface WebhookLimits {
  /** How long events are kept for delivery and replay. */
  readonly retentionMs: number;
  /** Most events kept of a tenant. */
  readonly maxEvents: number;
  /** Most events that wait for one endpoint. */
  readonly maxWaiting: number;
  readonly logEntries: number;
  readonly logRetentionMs: number;
  /** How long an endpoint may fail before it is paused. */
  readonly pauseAfterMs: number;
}

/** Events looked at in one call. */
const PIECE = 1000;

export function createWebhookEvents(redis: Redis, keys: Keys, limits: WebhookLimits): WebhookEvents {
  redis.defineCommand('pomboAdmitEvents', { lua: ADMIT });
  return {
    async admit(tenantId, shard, webhookIds, events) {
      const names = [keys.tenantRelayed(tenantId), keys.tenantEvents(tenantId)];
      for (const id of webhookIds) {
        names.push(keys.webhook(tenantId, id), keys.webhookDue(tenantId, id), keys.webhookFlying(tenantId, id));
      }
      const args: Array<string | number> = [shard, limits.retentionMs, limits.maxWaiting];
      args.push(keys.webhookChannel, tenantId, ...webhookIds);
      for (const { entryId, event, wantedBy } of events) {
        args.push(`${entryId} ${wantedBy.map((index) => index + 1).join()} ${eventToText(event)}`);
      }
      const turns = await redis.pomboAdmitEvents(names.length, ...names, ...args);
      return turns.map(([place, turn, delayMs]) => ({
        tenantId,
        webhookId: webhookIds[place - 1] ?? '',
        turn,
        delayMs,
      }));
    },
    async list(tenantId, from, count) {
      const entries = await redis.xrange(keys.tenantEvents(tenantId), from, '+', 'COUNT', count);
      return entries.map(([entryId, [, text = '']]) => ({ entryId, event: eventFromText(text) }));
    },
    async find(tenantId, eventId, from, to) {
      // Not every text is parsed: there may be a million.
      const beginning = `[${JSON.stringify(eventId)},`;
      for (let next = String(from); ;) {
        const entries = await redis.xrange(keys.tenantEvents(tenantId), next, to ?? '+', 'COUNT', PIECE);
        const found = entries.find(([, [, text = '']]) => text.startsWith(beginning));
        const last = entries.at(-1);
        if (found || !last) return found?.[0];
        next = `(${last[0]}`;
      }
    },
  };
}

type EventText = [string, OutboxEvent['event'], number, string, string, string, Readonly<Record<string, unknown>>?];

/** One text, since what a script is handed costs by the piece. */
export function eventToText({ id, event, at, deviceId, messageId = '', errorCode = '', data }: OutboxEvent): string {
  const parts: EventText = [id, event, at, deviceId, messageId, errorCode];
  if (data) parts.push(data);
  return JSON.stringify(parts);
}

export function eventFromText(text: string): OutboxEvent {
  const [id, event, at, deviceId, messageId, errorCode, data] = JSON.parse(text) as EventText;
  const stored: { -readonly [Part in keyof OutboxEvent]: OutboxEvent[Part] } = { id, event, at, deviceId };
  if (messageId) stored.messageId = messageId;
  if (errorCode) stored.errorCode = errorCode;
  if (data) stored.data = data;
  return stored;
}
