/** All devices there are, as far as this worker has heard. */
import type { DeviceRecord, Devices } from '@pombo/store';

export interface KnownDevices {
  /**
   * Hears what changed; the first time everything has.
   * @returns of the devices that changed, those that were removed and those that are not paired (any more).
   */
  look(): Promise<string[]>;
  /** The next look begins anew. */
  startOver(): void;
  ids(): string[];
  forget(deviceId: string): void;
}

/** Read in one round trip. */
const READ_AT_ONCE = 500;

export function createKnownDevices(devices: Devices): KnownDevices {
  const ids = new Set<string>();
  let seen: number | undefined;

  const pickLost = async (changed: readonly string[]): Promise<string[]> => {
    const records: Array<DeviceRecord | undefined> = [];
    for (let at = 0; at < changed.length; at += READ_AT_ONCE) {
      records.push(...(await devices.readMany(changed.slice(at, at + READ_AT_ONCE))));
    }
    return changed.filter((_id, i) => !records[i]?.paired);
  };

  const begin = async (): Promise<string[]> => {
    // First the version: what changes in between is then heard of twice, not never.
    const version = await devices.version();
    const all = await devices.listIds();
    const lost = await pickLost(all);
    for (const id of all) ids.add(id);
    seen = version;
    return lost;
  };

  return {
    async look() {
      if (seen === undefined) return begin();
      const changes = await devices.readChanges(seen, READ_AT_ONCE);
      const lost = await pickLost(changes.ids);
      for (const id of changes.ids) ids.add(id);
      seen = changes.version;
      return lost;
    },
    startOver() {
      seen = undefined;
    },
    ids: () => [...ids],
    forget: (deviceId) => void ids.delete(deviceId),
  };
}
