/**
 * Removes what outlives its use: entries of a device's lists, Signal sessions of contacts long not written to, what a
 * removed device left. A little every round; each device has its turn once a day.
 */
import { DAY, type Logger, SECOND } from '@pombo/runtime';
import type { WaitingJobs } from '@pombo/queue';
import type { DeviceWork, Leases, Store } from '@pombo/store';
import type { JanitorMetrics } from './janitor-metrics.js';

export interface RetentionOptions {
  readonly store: Store;
  readonly leases: Leases;
  readonly jobs: WaitingJobs;
  readonly sessionRetentionMs: number;
  readonly metrics: JanitorMetrics;
  readonly logger: Logger;
}

export interface Retention {
  /** Takes note of a device whose turn it is. @param now Redis' time, ms since the epoch. */
  consider(deviceId: string, work: DeviceWork, now: number): void;
  forget(deviceId: string): void;
  /** Does a little of what is to do. */
  step(): Promise<void>;
}

const TENDED_EVERY_MS = DAY;
/** How long a round may spend on it. */
const BUDGET_MS = SECOND;

export function createRetention(options: RetentionOptions): Retention {
  const { store, sessionRetentionMs, metrics } = options;
  /** Devices whose turn it is, with the place in their credentials where the walk stands. */
  const turns = new Map<string, string>();

  const tend = async (deviceId: string, cursor: string): Promise<void> => {
    const { removed, next } = await store.leftovers.removeOldKeys(deviceId, cursor, sessionRetentionMs);
    if (removed > 0) metrics.janitorDone.inc({ what: 'contact_forgotten' }, removed);
    turns.delete(deviceId);
    if (next !== undefined) turns.set(deviceId, next);
    else await store.leftovers.trimLists(deviceId);
  };

  return {
    consider(deviceId, { tendedAt }, now) {
      if (now - tendedAt >= TENDED_EVERY_MS && !turns.has(deviceId)) turns.set(deviceId, '0');
    },
    forget: (deviceId) => void turns.delete(deviceId),
    async step() {
      const end = performance.now() + BUDGET_MS;
      for (const [deviceId, cursor] of turns) {
        if (performance.now() > end) return;
        await tend(deviceId, cursor);
      }
    },
  };
}
