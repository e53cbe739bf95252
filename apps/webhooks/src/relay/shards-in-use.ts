/**
 * The shards whose outboxes are worth a look. A look at all 4,096 every few seconds is what an idle process would spend
 * its time with, and events come only from devices. All are looked at first, and once in a while: a device may have left
 * events and be gone.
 */
import { ALL_SHARDS, type Shard, shardOfDevice } from '@pombo/contracts';
import type { Devices } from '@pombo/store';

export interface ShardsInUse {
  list(): Promise<readonly Shard[]>;
}

/** An hour, at the usual pace. */
const LOOKS_PER_FULL_LOOK = 360;

export function createShardsInUse(devices: Pick<Devices, 'version' | 'listIds'>): ShardsInUse {
  /** Grows only: what was of a device that is gone may still be waiting. */
  const known = new Set<Shard>();
  let version: number | undefined;
  let looks = 0;

  const learn = async (): Promise<void> => {
    // Asked first: a device that is made in between changes it again.
    const current = await devices.version();
    if (current === version) return;
    for (const id of await devices.listIds()) known.add(shardOfDevice(id));
    version = current;
  };

  return {
    async list() {
      await learn();
      looks += 1;
      return looks % LOOKS_PER_FULL_LOOK === 1 ? ALL_SHARDS : [...known];
    },
  };
}
