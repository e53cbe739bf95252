/**
 * Where BullMQ keeps the jobs of a device, for the scripts that move many of them in one step. What they know of
 * BullMQ's arrangement is all in here and in `job-scripts.ts`: look at both when its version changes.
 */
import { shardOfDevice } from '@pombo/contracts';
import type { Keys } from '@pombo/store';
import { queueNameOf } from './queue-names.js';

/** In the order in which the scripts name them. */
const PARTS = ['wait', 'active', 'prioritized', 'delayed', 'stalled', 'marker', 'pc'] as const;

export interface JobKeys {
  /** Keys of every script: the device's lease, then BullMQ's lists. */
  readonly names: readonly string[];
  /** List of the jobs in someone's hand, the last one taken first. */
  readonly active: string;
  /** Set whose members wake whoever waits for a job. */
  readonly marker: string;
  /** What the key of every job starts with. */
  readonly jobPrefix: string;
  /** What the key of every record starts with. */
  readonly recordPrefix: string;
}

export const JOB_KEY_COUNT = PARTS.length + 1;

export function jobKeysOf(keys: Keys, deviceId: string): JobKeys {
  const shard = shardOfDevice(deviceId);
  const jobPrefix = `${keys.queuePrefix(shard)}:${queueNameOf(deviceId)}:`;
  return {
    names: [keys.lease(deviceId), ...PARTS.map((part) => jobPrefix + part)],
    active: `${jobPrefix}active`,
    marker: `${jobPrefix}marker`,
    jobPrefix,
    recordPrefix: keys.recordPrefix(shard),
  };
}
