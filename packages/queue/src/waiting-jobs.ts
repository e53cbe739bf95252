/**
 * The jobs of a device that nobody may be looking after, for the janitor: read a page at a time, removed when their
 * messages have ended, added again when they were lost.
 */
import { type Priority, type SendJob, shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Keys, LeaseEntry } from '@pombo/store';
import { Queue } from 'bullmq';
import type { Result } from 'ioredis';
import { EVENT_STREAM_LENGTH, JOB_PRIORITY, queueNameOf } from './queue-names.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboDropJobs(...args: Array<string | number>): Result<number, Context>;
  }
}

/**
 * Drops jobs nobody has in hand, and those in the hand of an owner that is dead.
 * KEYS: lease, active, wait, prioritized, delayed, stalled. ARGV: owner and epoch as seen, 1 when that owner is dead,
 * prefix of job keys, then jobs. Returns how many were dropped.
 */
const DROP_JOBS = `
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
local same = (held[1] or '') == ARGV[1] and (held[2] or '0') == ARGV[2]
local mayEmptyHand = ARGV[3] == '1' and same
local inHand = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do inHand[id] = true end
local dropped = 0
for i = 5, #ARGV do
  local id = ARGV[i]
  if mayEmptyHand or not inHand[id] then
    if inHand[id] then redis.call('LREM', KEYS[2], 0, id) end
    redis.call('LREM', KEYS[3], 0, id)
    redis.call('ZREM', KEYS[4], id)
    redis.call('ZREM', KEYS[5], id)
    redis.call('SREM', KEYS[6], id)
    dropped = dropped + redis.call('DEL', ARGV[4] .. id)
    redis.call('DEL', ARGV[4] .. id .. ':lock')
  end
end
return dropped
`;

/** Where a walk over the jobs of a device stands. */
export interface JobCursor {
  readonly part: 'prioritized' | 'delayed';
  readonly at: string;
}

export interface WaitingJobs {
  /** A page of the jobs that wait or are due later, some perhaps twice. `next` is undefined behind the last. */
  read(deviceId: string, cursor?: JobCursor): Promise<{ ids: string[]; next: JobCursor | undefined }>;
  /** All of them, wherever they are, at one moment. */
  readAll(deviceId: string): Promise<string[]>;
  /** The jobs in an owner's hand, dead or alive. */
  readInHand(deviceId: string): Promise<string[]>;
  count(deviceId: string): Promise<number>;
  /** Whether there is a job, for each message. */
  exist(messageIds: readonly string[], deviceId: string): Promise<boolean[]>;
  /** @param deadOwner the lease as it was seen, when its owner is dead. @returns how many were removed. */
  remove(messageIds: readonly string[], deviceId: string, deadOwner: LeaseEntry | undefined): Promise<number>;
  /** Adds the job of a message anew; one that is there stays as it is. */
  add(messageId: string, deviceId: string, priority: Priority, delayMs: number): Promise<void>;
  /** Removes the whole queue of a device that is gone. */
  destroy(deviceId: string): Promise<void>;
}

/** Jobs in a page, about. */
const PAGE = 200;
/** What BullMQ keeps of a queue besides its jobs. */
const PARTS = [
  'wait',
  'active',
  'prioritized',
  'delayed',
  'stalled',
  'marker',
  'pc',
  'meta',
  'events',
  'id',
  'stalled-check',
];

export function createWaitingJobs(redis: Redis, keys: Keys): WaitingJobs {
  redis.defineCommand('pomboDropJobs', { numberOfKeys: 6, lua: DROP_JOBS });
  const prefixOf = (deviceId: string): string =>
    `${keys.queuePrefix(shardOfDevice(deviceId))}:${queueNameOf(deviceId)}:`;

  return {
    async read(deviceId, { part, at } = { part: 'prioritized', at: '0' }) {
      const [next, found] = await redis.zscan(prefixOf(deviceId) + part, at, 'COUNT', PAGE);
      const ids = found.filter((_text, i) => i % 2 === 0);
      if (next !== '0') return { ids, next: { part, at: next } };
      return { ids, next: part === 'prioritized' ? { part: 'delayed', at: '0' } : undefined };
    },
    async readAll(deviceId) {
      const queue = prefixOf(deviceId);
      const parts = await redis
        .multi()
        .lrange(`${queue}wait`, 0, -1)
        .lrange(`${queue}active`, 0, -1)
        .zrange(`${queue}prioritized`, 0, -1)
        .zrange(`${queue}delayed`, 0, -1)
        .exec();
      return (parts ?? []).flatMap(([error, ids]) => {
        if (error) throw error;
        return ids as string[];
      });
    },
    readInHand: (deviceId) => redis.lrange(`${prefixOf(deviceId)}active`, 0, -1),
    async count(deviceId) {
      const queue = prefixOf(deviceId);
      const counts = await Promise.all([
        redis.llen(`${queue}wait`),
        redis.llen(`${queue}active`),
        redis.zcard(`${queue}prioritized`),
        redis.zcard(`${queue}delayed`),
      ]);
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async exist(messageIds, deviceId) {
      const found = await Promise.all(messageIds.map((id) => redis.exists(prefixOf(deviceId) + id)));
      return found.map((count) => count === 1);
    },
    async remove(messageIds, deviceId, deadOwner) {
      if (messageIds.length === 0) return 0;
      const queue = prefixOf(deviceId);
      const parts = ['active', 'wait', 'prioritized', 'delayed', 'stalled'].map((part) => queue + part);
      const seen = [deadOwner?.owner ?? '', deadOwner?.epoch ?? 0, deadOwner ? 1 : 0];
      return redis.pomboDropJobs(keys.lease(deviceId), ...parts, ...seen, queue, ...messageIds);
    },
    async add(messageId, deviceId, priority, delayMs) {
      const queue = new Queue<SendJob>(queueNameOf(deviceId), {
        connection: redis,
        prefix: keys.queuePrefix(shardOfDevice(deviceId)),
        streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
      });
      try {
        const options = { jobId: messageId, priority: JOB_PRIORITY[priority], delay: Math.max(0, delayMs) };
        await queue.add('send', { requestId: 'repaired' }, options);
      } finally {
        await queue.close();
      }
    },
    async destroy(deviceId) {
      await redis.unlink(...PARTS.map((part) => prefixOf(deviceId) + part));
    },
  };
}
