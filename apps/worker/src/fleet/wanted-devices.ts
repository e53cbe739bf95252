/** The devices that want a session, as far as this worker has heard; it reads only what changed since it looked last. */
import type { DeviceRecord, Devices } from '@pombo/store';
import { wantedUntil } from './wants-session.js';

export interface WantedDevices {
  /** @param version as the last beat told it. */
  look(version: number): Promise<void>;
  /** The next look reads everything. */
  lookAgain(): void;
  ids(): Iterable<string>;
  /** Grows whenever `ids` changes. */
  readonly revision: number;
}

/** Devices read in one round trip. */
const READ_AT_ONCE = 500;

/** @param onChange hears of every device that was announced, as it is now. */
export function createWantedDevices(devices: Devices, onChange: (device: DeviceRecord) => void): WantedDevices {
  /** Until when each device wants its session, ms since the epoch; for good when it is paired. */
  const wanted = new Map<string, number>();
  let seen = 0;
  let revision = 0;

  const note = (id: string, device: DeviceRecord | undefined): void => {
    const until = device && wantedUntil(device);
    if (wanted.has(id) !== (until !== undefined)) revision += 1;
    if (until === undefined) wanted.delete(id);
    else wanted.set(id, until);
  };

  const dropTimedOut = (): void => {
    const now = Date.now();
    for (const [id, until] of wanted) if (until <= now) note(id, undefined);
  };

  return {
    async look(version) {
      // Redis lost its last second, or all it had: what is known of changes after that counts no more.
      if (version < seen) seen = 0;
      while (seen < version) {
        const changes = await devices.readChanges(seen, READ_AT_ONCE);
        const records = await devices.readMany(changes.ids);
        for (const [i, id] of changes.ids.entries()) {
          const device = records[i];
          note(id, device);
          if (device) onChange(device);
        }
        if (changes.ids.length < READ_AT_ONCE) seen = Math.max(changes.version, version);
        else seen = changes.version;
      }
      dropTimedOut();
    },
    lookAgain() {
      seen = 0;
    },
    ids: () => wanted.keys(),
    get revision() {
      return revision;
    },
  };
}
