/** What is to be delivered to an endpoint, what became of it, and what is to be delivered again. */
import { type OutboxEvent, TEST_EVENT } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Cipher } from '../cipher.js';
import type { Keys } from '../keys.js';
import { EXCHANGE, PLAN, REQUEUE, TEST, TIDY } from '../scripts/webhook-scripts.js';
import { createSealAnswer, rowOfAttempt } from './attempt-row.js';
import type { WebhookName } from './webhook-endpoints.js';
import {
  eventFromText,
  eventToText,
  type StoredEvent,
  type WebhookLimits,
  type WebhookTurn,
} from './webhook-events.js';

type Args = Array<string | number>;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboExchange(...args: Args): Result<['gone'] | [string, number, ...string[]], Context>;
    pomboPlanTurn(...args: Args): Result<[string, number] | null, Context>;
    pomboTidyWebhook(...args: Args): Result<null, Context>;
    pomboRequeue(...args: Args): Result<[number, number], Context>;
    pomboTestWebhook(...args: Args): Result<'ok' | 'gone' | 'disabled', Context>;
  }
}

/** An event to be delivered now. */
export interface Delivery extends StoredEvent {
  /** Which attempt this is, from 1. */
  readonly attempt: number;
}

/**
 * `ok`: delivered; `retry`: failed, again after `delayMs`; `dead`: failed for the last time; `gone`: the endpoint wants
 * nothing any more; `back`: not attempted after all.
 */
export type Verdict = 'ok' | 'retry' | 'dead' | 'gone' | 'back';

export interface DeliveryResult {
  readonly delivery: Delivery;
  readonly verdict: Verdict;
  /** Until the next attempt. */
  readonly delayMs: number;
  /** For so long no event at all is tried, since the endpoint asked for it; 0: it did not. */
  readonly holdMs: number;
  /** 0: no answer. */
  readonly status: number;
  /** Why it failed, in one word; '' for a success. */
  readonly error: string;
  readonly latencyMs: number;
  /** First bytes of the answer. */
  readonly answer: string;
}

export interface ExchangeOptions {
  /** Name of the process: only one at a time serves an endpoint. */
  readonly owner: string;
  /** What it has in hand is somebody else's when it has not been heard of for this long. */
  readonly leaseMs: number;
  /** Most events to take. */
  readonly wanted: number;
  /** Most events in hand. */
  readonly inHand: number;
  /** In hand now, besides those whose results are told. With nothing in hand, what is in this process's name is taken back. */
  readonly held: number;
  /** Of this exchange, among those of the process; the same when it is repeated because its reply was lost. */
  readonly number: number;
}

/** `undefined` in place of this: the endpoint was removed. */
export interface Exchange {
  readonly revision: string;
  /** Whether what is in hand may be begun: the endpoint is enabled, and neither failing, paused nor held. */
  readonly usable: boolean;
  readonly deliveries: readonly Delivery[];
}

/** What became of events that were to be delivered once more. */
export interface Requeued {
  /** Events that are due now and were not before. */
  readonly queued: number;
  /** How many, from the first, were seen to; the others found no room. */
  readonly handled: number;
}

export interface WebhookDeliveries {
  /** Records what became of deliveries, and takes the next. In one step, since either follows from the other. */
  exchange(
    name: WebhookName,
    results: readonly DeliveryResult[],
    options: ExchangeOptions,
  ): Promise<Exchange | undefined>;
  /** @returns the next turn, when one is needed and not planned yet. */
  plan(name: WebhookName): Promise<WebhookTurn | undefined>;
  /** Forgets what has been kept long enough. */
  tidy(name: WebhookName): Promise<void>;
  /** Has events delivered once more, from the beginning of the schedule. Those that wait already go on where they are in it. */
  requeue(name: WebhookName, entryIds: readonly string[]): Promise<Requeued>;
  /** Sends a test event before all others; a paused endpoint tries again. @param id of the event. */
  test(name: WebhookName, id: string, data: Readonly<Record<string, unknown>>): Promise<'ok' | 'gone' | 'disabled'>;
}

export function createWebhookDeliveries(
  redis: Redis,
  keys: Keys,
  cipher: Cipher,
  limits: WebhookLimits,
): WebhookDeliveries {
  const seal = createSealAnswer(cipher);
  redis.defineCommand('pomboExchange', { numberOfKeys: 8, lua: EXCHANGE });
  redis.defineCommand('pomboPlanTurn', { numberOfKeys: 3, lua: PLAN });
  redis.defineCommand('pomboTidyWebhook', { numberOfKeys: 7, lua: TIDY });
  redis.defineCommand('pomboRequeue', { numberOfKeys: 6, lua: REQUEUE });
  redis.defineCommand('pomboTestWebhook', { numberOfKeys: 3, lua: TEST });

  const keysOf = ({ tenantId, webhookId }: WebhookName) => ({
    hash: keys.webhook(tenantId, webhookId),
    due: keys.webhookDue(tenantId, webhookId),
    flying: keys.webhookFlying(tenantId, webhookId),
    tries: keys.webhookTries(tenantId, webhookId),
    retrying: keys.webhookRetrying(tenantId, webhookId),
    dead: keys.webhookDead(tenantId, webhookId),
    log: keys.webhookLog(tenantId, webhookId),
    events: keys.tenantEvents(tenantId),
  });

  return {
    async exchange(name, results, { owner, leaseMs, wanted, inHand, held, number }) {
      const k = keysOf(name);
      const args: Args = [owner, leaseMs, wanted, inHand, limits.logEntries, limits.pauseAfterMs, held, number];
      pushResults(args, results, (result) => rowOfAttempt(result, seal, k.log));
      const names = [k.hash, k.due, k.flying, k.tries, k.retrying, k.dead, k.log, k.events];
      const reply = await redis.pomboExchange(...names, ...args);
      if (reply[0] === 'gone') return undefined;
      return { revision: reply[0], usable: reply[1] === 1, deliveries: readTaken(reply as string[]) };
    },
    async plan(name) {
      const { hash, due, flying } = keysOf(name);
      const turn = await redis.pomboPlanTurn(hash, due, flying);
      return turn ? { ...name, turn: turn[0], delayMs: turn[1] } : undefined;
    },
    async tidy(name) {
      const k = keysOf(name);
      const args = [limits.logRetentionMs, limits.retentionMs, limits.maxEvents, limits.maxWaiting];
      await redis.pomboTidyWebhook(k.hash, k.due, k.tries, k.retrying, k.dead, k.log, k.events, ...args);
    },
    async requeue(name, entryIds) {
      if (entryIds.length === 0) return { queued: 0, handled: 0 };
      const k = keysOf(name);
      const names = [k.hash, k.due, k.flying, k.tries, k.retrying, k.dead];
      const [queued, handled] = await redis.pomboRequeue(...names, limits.maxWaiting, ...entryIds);
      return { queued, handled };
    },
    async test(name, id, data) {
      const { hash, due, events } = keysOf(name);
      const event: OutboxEvent = { id, event: TEST_EVENT, at: Date.now(), deviceId: '', data };
      return redis.pomboTestWebhook(hash, due, events, limits.retentionMs, eventToText(event));
    },
  };
}

const isPlain = ({ verdict, delivery }: DeliveryResult): boolean => verdict === 'ok' && delivery.attempt === 1;

/** What went well at once comes first, with nothing but what it takes: nearly everything does. */
function pushResults(args: Args, results: readonly DeliveryResult[], rowOf: (result: DeliveryResult) => string): void {
  const plain = results.filter(isPlain);
  args.push(plain.length);
  for (const result of plain) args.push(rowOf(result));
  for (const result of results) {
    if (isPlain(result)) continue;
    const { delivery, verdict, delayMs, holdMs, status, error } = result;
    args.push(delivery.entryId, verdict, delivery.attempt, Math.round(delayMs), Math.round(holdMs), status, error);
    args.push(verdict === 'back' ? '' : rowOf(result));
  }
}

const PARTS_BEFORE = 2;

function readTaken(reply: readonly string[]): Delivery[] {
  const taken: Delivery[] = [];
  for (let at = PARTS_BEFORE; at < reply.length; at += 3) {
    const [entryId = '', tries = '', text = ''] = reply.slice(at, at + 3);
    taken.push({ entryId, attempt: Number.parseInt(tries || '0') + 1, event: eventFromText(text) });
  }
  return taken;
}
