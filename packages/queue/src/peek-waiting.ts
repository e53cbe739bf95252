import { shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Keys } from '@pombo/store';
import { queueNameOf } from './queue-names.js';

/**
 * Which messages of a device will be taken up next; takes none.
 * @param count at most so many. @returns message ids in the order BullMQ takes them.
 */
export async function peekWaiting(redis: Redis, keys: Keys, deviceId: string, count: number): Promise<string[]> {
  const queue = `${keys.queuePrefix(shardOfDevice(deviceId))}:${queueNameOf(deviceId)}`;
  return redis.zrange(`${queue}:prioritized`, 0, count - 1);
}
