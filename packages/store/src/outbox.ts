/**
 * Events waiting to be relayed to webhooks. They are appended by the scripts that change what they tell of, in the same
 * step; this is for taking them out.
 */
import {
  type EventName,
  deviceIdOf,
  isMessageId,
  messageEventId,
  messageIdOf,
  type OutboxEvent,
  type Shard,
} from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';
import { IS_BEHIND, TAKE_EVENTS } from './scripts/outbox-scripts.js';

type Entry = [string, string[]];

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboTakeEvents(...args: Array<string | number>): Result<number | string, Context>;
    pomboIsBehind(...args: Array<string | number>): Result<number, Context>;
  }
}

/** An event with its place in the outbox. */
export interface OutboxEntry {
  readonly entryId: string;
  readonly event: OutboxEvent;
  /** Known of events of a device; those of a message are told by its record. */
  readonly tenantId?: string;
}

export interface TakeOptions {
  /** Name of the relay: only one at a time works on an outbox. */
  readonly owner: string;
  /** How long it is left alone with what it took. */
  readonly leaseMs: number;
  /** None: lets go of the outbox. */
  readonly limit: number;
  /** The last entry it is done with. */
  readonly done?: string;
}

/** Another relay has it. */
export interface HeldOutbox {
  /** Until it is free, should that relay have died. */
  readonly heldForMs: number;
}

export interface Outbox {
  /** Oldest first. */
  read(shard: Shard, limit: number): Promise<OutboxEvent[]>;
  /** @returns the next entries, oldest first; none: the outbox is empty, and let go of. */
  take(shard: Shard, options: TakeOptions): Promise<OutboxEntry[] | HeldOutbox>;
  /** @returns those of the shards whose outbox holds events that nobody has relayed. */
  findBehind(shards: readonly Shard[]): Promise<Shard[]>;
}

export function createOutbox(redis: Redis, keys: Keys): Outbox {
  redis.defineCommand('pomboTakeEvents', { numberOfKeys: 2, lua: TAKE_EVENTS });
  redis.defineCommand('pomboIsBehind', { numberOfKeys: 2, lua: IS_BEHIND });
  return {
    async read(shard, limit) {
      const entries = await redis.xrange(keys.outbox(shard), '-', '+', 'COUNT', limit);
      return entries.map((entry) => readEntry(shard, entry).event);
    },
    async take(shard, { owner, leaseMs, limit, done = '' }) {
      const names = [keys.relay(shard), keys.outbox(shard)];
      const taken = await redis.pomboTakeEvents(...names, owner, leaseMs, limit, done);
      if (typeof taken === 'number') return { heldForMs: taken };
      return taken === '' ? [] : (JSON.parse(taken) as Entry[]).map((entry) => readEntry(shard, entry));
    },
    async findBehind(shards) {
      const behind = await Promise.all(
        shards.map((shard) => redis.pomboIsBehind(keys.relay(shard), keys.outbox(shard))),
      );
      return shards.filter((_shard, index) => behind[index] === 1);
    },
  };
}

function readEntry(shard: Shard, [entryId, pairs]: Entry): OutboxEntry {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < pairs.length; i += 2) fields[pairs[i] ?? ''] = pairs[i + 1] ?? '';
  return fields['s'] === undefined ? readDeviceEvent(shard, entryId, fields) : readMessageEvent(shard, entryId, fields);
}

type Fields = Readonly<Record<string, string>>;

/** As the scripts that move a message write it. */
function readMessageEvent(
  shard: Shard,
  entryId: string,
  { s: state, m = '', d = '', c: errorCode }: Fields,
): OutboxEntry {
  const messageId = messageIdOf(shard, m);
  const event = `message.${state}` as EventName;
  const id = messageEventId(messageId, event);
  const told = { id, event, at: Number.parseInt(entryId), deviceId: deviceIdOf(shard, d), messageId };
  return { entryId, event: errorCode ? { ...told, errorCode } : told };
}

function readDeviceEvent(shard: Shard, entryId: string, fields: Fields): OutboxEntry {
  const { e: event = '', at, m: messageId, d: deviceId = '', c: errorCode, n: tenantId, x: data } = fields;
  return {
    entryId,
    event: {
      id: messageId ? messageEventId(messageId, event) : `evt_${shard}_${entryId}`,
      event: event as EventName,
      at: Number(at),
      deviceId,
      ...(messageId ? { messageId } : {}),
      ...(errorCode ? { errorCode } : {}),
      ...(data ? { data: JSON.parse(data) as Record<string, unknown> } : {}),
    },
    ...(tenantId ? { tenantId } : {}),
  };
}

/** Whether the event is one of a message that was sent here, and has a record. */
export function isOwnMessageEvent({ messageId, event }: OutboxEvent): boolean {
  return messageId !== undefined && isMessageId(messageId) && event !== 'message.received';
}

/** Whether an event is about a message that somebody wrote to us; its `messageId` is then Pombo's name for that. */
export const isReceivedEvent = ({ event }: Pick<OutboxEvent, 'event'>): boolean => event === 'message.received';
