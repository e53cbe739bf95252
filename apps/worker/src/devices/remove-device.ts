/**
 * Removes what is left of a device that was deleted and is linked to no phone any more. Every step may be repeated, and
 * the device is forgotten last: a worker that dies on the way leaves it to the next one.
 */
import type { Logger } from '@pombo/runtime';
import { listJobs, removeQueue } from '@pombo/queue';
import type { Store } from '@pombo/store';

/** Records changed in one go. */
const AT_ONCE = 200;
const DELETED = { code: 'DEVICE_NOT_READY', message: 'the device was deleted before the message was sent' } as const;

export async function removeDevice(store: Store, deviceId: string, logger: Logger): Promise<void> {
  const { redis, keys, messages } = store;
  const ids = await listJobs(redis, keys, deviceId);
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const batch = ids.slice(from, from + AT_ONCE);
    await Promise.all(batch.map((id) => messages.transition(id, deviceId, 'failed', { error: DELETED })));
  }
  await removeQueue(redis, keys, deviceId);
  await store.deviceOrders.forget(deviceId);
  logger.info('device removed', { deviceId, failedMessages: ids.length });
}
