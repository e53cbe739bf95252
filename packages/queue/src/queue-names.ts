/** How a device's queue is called. BullMQ puts the prefix, with the shard as hash tag, in front. */
import type { Priority } from '@pombo/contracts';

/** No colon is allowed in a BullMQ queue name. */
export const queueNameOf = (deviceId: string): string => `q-${deviceId}`;

/**
 * BullMQ takes lower numbers first and jobs without a priority before all others; so every job has one, and one that
 * was given back can be put in front of its class.
 */
export const JOB_PRIORITY: Readonly<Record<Priority, number>> = { high: 1, normal: 2, bulk: 3 };

/**
 * BullMQ keeps a stream of events per queue, of which Pombo reads none: 10,000 entries, the default, cost up to 0.6 MB
 * a queue.
 */
export const EVENT_STREAM_LENGTH = 10;
