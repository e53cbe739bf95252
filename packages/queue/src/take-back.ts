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
    pomboGiveBack(...args: Array<string | number>): Result<number, Context>;
  }
}

/**
 * KEYS: lease, active, prioritized, stalled, marker. ARGV: epoch or lock token, prefix of job keys, prefix of record keys.
 * BullMQ scores a prioritized job `priority * 2^32 + counter`, the counter starting at 1: a fraction below 1 therefore
 * stands in front of every waiting job of the same priority. Jobs that stand there since an earlier time are placed
 * anew with those that come back now, or a job taken up before them could end up behind them.
 */
const PUT_BACK = `
local function sequenceOf(id)
  return tonumber(redis.call('HGET', ARGV[3] .. id, 'seq') or '0')
end
local function putBack(ids)
  local fronts = {}
  for _, id in ipairs(ids) do
    local key = ARGV[2] .. id
    redis.call('DEL', key .. ':lock')
    redis.call('LREM', KEYS[2], 1, id)
    redis.call('SREM', KEYS[4], id)
    if redis.call('EXISTS', key) == 1 then
      local base = tonumber(redis.call('HGET', key, 'priority') or '0') * 4294967296
      if not fronts[base] then
        fronts[base] = redis.call('ZRANGEBYSCORE', KEYS[3], base, string.format('(%.0f', base + 1))
      end
      table.insert(fronts[base], id)
    end
  end
  for base, front in pairs(fronts) do
    local jobs = {}
    for _, id in ipairs(front) do table.insert(jobs, { id = id, sequence = sequenceOf(id) }) end
    table.sort(jobs, function(a, b) return a.sequence < b.sequence end)
    for place, job in ipairs(jobs) do redis.call('ZADD', KEYS[3], base + place / (#jobs + 1), job.id) end
  end
  if #ids > 0 then redis.call('ZADD', KEYS[5], 0, '0') end
  return #ids
end
`;

const TAKE_BACK = `${PUT_BACK}
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return -1 end
return putBack(redis.call('LRANGE', KEYS[2], 0, -1))
`;

/** ARGV[4]: job. Whoever holds the job's lock holds the job, whatever became of the lease. */
const GIVE_BACK = `${PUT_BACK}
if redis.call('GET', ARGV[2] .. ARGV[4] .. ':lock') ~= ARGV[1] then return 0 end
return putBack({ ARGV[4] })
`;

function keysOf(keys: Keys, deviceId: string): { names: string[]; prefixes: string[] } {
  const shard = shardOfDevice(deviceId);
  const queue = `${keys.queuePrefix(shard)}:${queueNameOf(deviceId)}:`;
  const parts = ['active', 'prioritized', 'stalled', 'marker'].map((part) => queue + part);
  return { names: [keys.lease(deviceId), ...parts], prefixes: [queue, keys.recordPrefix(shard)] };
}

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
  const { names, prefixes } = keysOf(keys, deviceId);
  const taken = await redis.pomboTakeBack(...names, epoch, ...prefixes);
  return taken < 0 ? undefined : taken;
}

/**
 * Puts a job in hand back to where its successor takes it next; without effect when it is no longer in this hand.
 * @param token of the lock this worker holds on the job.
 */
export async function giveBackJob(
  redis: Redis,
  keys: Keys,
  deviceId: string,
  job: { readonly id: string; readonly token: string },
): Promise<void> {
  redis.defineCommand('pomboGiveBack', { numberOfKeys: 5, lua: GIVE_BACK });
  const { names, prefixes } = keysOf(keys, deviceId);
  await redis.pomboGiveBack(...names, job.token, ...prefixes, job.id);
}
