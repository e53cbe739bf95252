/**
 * A new owner takes back all jobs its predecessor had in hand, before it consumes. BullMQ's own check would need two
 * rounds of its interval and returns them in the order of a set; here they go to the front of their priority, in the
 * order they were accepted.
 */
import type { Redis } from '@pombo/runtime';
import type { Keys } from '@pombo/store';
import type { Result } from 'ioredis';
import { JOB_KEY_COUNT, jobKeysOf } from './job-keys.js';
import { TAKE_BACK } from './job-scripts.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboTakeBack(...args: Array<string | number>): Result<number, Context>;
  }
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
  redis.defineCommand('pomboTakeBack', { numberOfKeys: JOB_KEY_COUNT, lua: TAKE_BACK });
  const { names, jobPrefix, recordPrefix } = jobKeysOf(keys, deviceId);
  const taken = await redis.pomboTakeBack(...names, jobPrefix, recordPrefix, epoch);
  return taken < 0 ? undefined : taken;
}
