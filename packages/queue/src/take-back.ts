/**
 * A new owner takes back all jobs its predecessor had in hand, before it consumes. BullMQ's own check would need two
 * rounds of its interval and returns them in the order of a set; here they go to the front of their priority, in the
 * order they were accepted.
 */
import { shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Keys } from '@pombo/store';
import type { Result } from 'ioredis';
import { queueNameOf } from './queue-names.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboTakeBack(...args: Array<string | number>): Result<number, Context>;
  }
}

/**
 * KEYS: lease, active, prioritized, stalled, marker. ARGV: epoch, prefix of job keys, prefix of record keys.
 * BullMQ scores a prioritized job `priority * 2^32 + counter`, the counter starting at 1: a fraction below 1 therefore
 * stands in front of every waiting job of the same priority.
 */
const TAKE_BACK = `
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return -1 end
local active = redis.call('LRANGE', KEYS[2], 0, -1)
local jobs = {}
for _, id in ipairs(active) do
  local sequence = tonumber(redis.call('HGET', ARGV[3] .. id, 'seq') or '0')
  table.insert(jobs, { id = id, sequence = sequence })
end
table.sort(jobs, function(a, b) return a.sequence < b.sequence end)
for place, job in ipairs(jobs) do
  local key = ARGV[2] .. job.id
  redis.call('DEL', key .. ':lock')
  redis.call('LREM', KEYS[2], 1, job.id)
  redis.call('SREM', KEYS[4], job.id)
  local priority = tonumber(redis.call('HGET', key, 'priority') or '0')
  if redis.call('EXISTS', key) == 1 then
    redis.call('ZADD', KEYS[3], priority * 4294967296 + place / (#jobs + 1), job.id)
  end
end
if #jobs > 0 then redis.call('ZADD', KEYS[5], 0, '0') end
return #jobs
`;

/**
 * @param epoch of the new owner's lease.
 * @returns how many jobs came back, or undefined when the lease is already someone else's.
 */
export async function takeBackJobs(
  redis: Redis,
  keys: Keys,
  deviceId: string,
  epoch: number,
): Promise<number | undefined> {
  redis.defineCommand('pomboTakeBack', { numberOfKeys: 5, lua: TAKE_BACK });
  const prefix = keys.queuePrefix(shardOfDevice(deviceId));
  const queue = `${prefix}:${queueNameOf(deviceId)}:`;
  const part = (name: string): string => queue + name;
  const taken = await redis.pomboTakeBack(
    keys.lease(deviceId),
    part('active'),
    part('prioritized'),
    part('stalled'),
    part('marker'),
    epoch,
    queue,
    keys.recordPrefix(shardOfDevice(deviceId)),
  );
  return taken < 0 ? undefined : taken;
}
