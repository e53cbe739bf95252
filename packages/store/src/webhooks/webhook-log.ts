/** Looking at deliveries: the attempts, what waits, and what was given up. */
import type { OutboxEvent } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Cipher } from '../cipher.js';
import type { Keys } from '../keys.js';
import { attemptFromRow, type LoggedAttempt } from './attempt-row.js';
import type { WebhookName } from './webhook-endpoints.js';
import { eventFromText } from './webhook-events.js';

/** How much is on the way to an endpoint. */
export interface WebhookBacklog {
  readonly waiting: number;
  readonly inFlight: number;
  readonly dead: number;
  /** When the oldest undelivered event came, ms since the epoch. */
  readonly oldestAt?: number;
}

/** An event that was given up. */
export interface DeadLetter {
  readonly event: OutboxEvent;
  readonly attempts: number;
  /** Of the last attempt; 0: no answer. */
  readonly status: number;
  readonly error: string;
  readonly at: number;
}

/** An event that was given up, by its entry alone. */
export interface GivenUp {
  readonly entryId: string;
  readonly at: number;
}

export interface WebhookLog {
  /** Newest first, behind `after`; fewer than `count` when there are no more. */
  attempts(name: WebhookName, after: string | undefined, count: number): Promise<LoggedAttempt[]>;
  backlog(name: WebhookName): Promise<WebhookBacklog>;
  /** Events that were given up, the oldest first, without the first `skip`. */
  dead(name: WebhookName, skip: number, count: number): Promise<GivenUp[]>;
  /** The newest events that were given up, newest first. */
  deadLetters(name: WebhookName, count: number): Promise<DeadLetter[]>;
}

export function createWebhookLog(redis: Redis, keys: Keys, cipher: Cipher): WebhookLog {
  return {
    async attempts({ tenantId, webhookId }, after, count) {
      const place = keys.webhookLog(tenantId, webhookId);
      const end = after === undefined ? '+' : `(${after}`;
      const entries = await redis.xrevrange(place, end, '-', 'COUNT', count);
      return entries.map(([id, [, row = '']]) => attemptFromRow(id, row, cipher, place));
    },
    async backlog({ tenantId, webhookId }) {
      const [due, flying, retrying, dead] = [
        keys.webhookDue(tenantId, webhookId),
        keys.webhookFlying(tenantId, webhookId),
        keys.webhookRetrying(tenantId, webhookId),
        keys.webhookDead(tenantId, webhookId),
      ];
      const [waiting, inFlight, given, firstDue, firstRetry, flyingNow] = await Promise.all([
        redis.zcard(due),
        redis.scard(flying),
        redis.zcard(dead),
        // What was never tried is due since it came; what was, is among those to be tried again.
        redis.zrange(due, 0, 0, 'WITHSCORES'),
        redis.zrange(retrying, 0, 0, 'WITHSCORES'),
        redis.smembers(flying),
      ]);
      const times = [
        ...flyingNow.map(cameAt),
        ...[firstDue[1], firstRetry[1]].filter(Boolean).map((score) => Math.ceil(Number(score))),
      ];
      const oldest = times.filter((at) => at > 0).sort((a, b) => a - b)[0];
      return { waiting, inFlight, dead: given, ...(oldest === undefined ? {} : { oldestAt: oldest }) };
    },
    async deadLetters({ tenantId, webhookId }, count) {
      const entries = await redis.zrange(
        keys.webhookDead(tenantId, webhookId),
        '+inf',
        '-inf',
        'BYSCORE',
        'REV',
        'LIMIT',
        0,
        count,
      );
      if (entries.length === 0) return [];
      const events = keys.tenantEvents(tenantId);
      const [tries, found] = await Promise.all([
        redis.hmget(keys.webhookTries(tenantId, webhookId), ...entries),
        Promise.all(entries.map((entry) => redis.xrange(events, entry, entry))),
      ]);
      return entries.flatMap((_entry, index) => {
        const [stored] = found[index] ?? [];
        const [attempts, status, error = '', at] = tries[index]?.split(' ') ?? [];
        if (!stored) return [];
        const event = eventFromText(stored[1][1] ?? '');
        return [{ event, attempts: Number(attempts), status: Number(status), error, at: Number(at) }];
      });
    },
    async dead({ tenantId, webhookId }, skip, count) {
      const entries = await redis.zrange(keys.webhookDead(tenantId, webhookId), skip, skip + count - 1);
      if (entries.length === 0) return [];
      const tries = await redis.hmget(keys.webhookTries(tenantId, webhookId), ...entries);
      return entries.map((entryId, index) => ({ entryId, at: Number(tries[index]?.split(' ')[3] ?? 0) }));
    },
  };
}

/** An entry's name begins with the time it was made. */
const cameAt = (entryId: string): number => Number(entryId.slice(0, entryId.indexOf('-')));
