/** The end of a device's queue. */
import { shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Keys } from '@pombo/store';
import { Queue } from 'bullmq';
import { jobKeysOf } from './job-keys.js';
import { queueNameOf } from './queue-names.js';

/** Ids of the jobs of a device, whether they wait, are scheduled or in someone's hand; in no order. */
export async function listJobs(redis: Redis, keys: Keys, deviceId: string): Promise<string[]> {
  const { jobPrefix } = jobKeysOf(keys, deviceId);
  const lists = await Promise.all([
    redis.lrange(`${jobPrefix}wait`, 0, -1),
    redis.lrange(`${jobPrefix}active`, 0, -1),
    redis.zrange(`${jobPrefix}prioritized`, 0, -1),
    redis.zrange(`${jobPrefix}delayed`, 0, -1),
  ]);
  return lists.flat();
}

/** Removes all jobs of a device that nobody owns any more, and everything BullMQ keeps about them. May be repeated. */
export async function removeQueue(redis: Redis, keys: Keys, deviceId: string): Promise<void> {
  const prefix = keys.queuePrefix(shardOfDevice(deviceId));
  const queue = new Queue(queueNameOf(deviceId), { connection: redis, prefix, skipMetasUpdate: true });
  queue.on('error', () => undefined);
  try {
    await queue.obliterate({ force: true });
  } finally {
    await queue.close();
  }
}
