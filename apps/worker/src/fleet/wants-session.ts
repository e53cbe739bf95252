import type { DeviceRecord } from '@pombo/store';

/**
 * A worker is wanted for a device that is to be connected, paired, unlinked or removed. One that is switched off, or
 * banned, rests; so does one that nobody pairs.
 */
export function wantsSession(device: DeviceRecord): boolean {
  if (device.deletedAt !== undefined) return true;
  if (!device.paired) return !device.switchedOff && (device.pairingUntil ?? 0) > Date.now();
  if (device.logOutAskedAt !== undefined) return true;
  return !device.switchedOff && device.state !== 'banned';
}

/** Until when it is wanted, ms since the epoch; undefined when it is not. */
export function wantedUntil(device: DeviceRecord): number | undefined {
  if (!wantsSession(device)) return undefined;
  return device.paired || device.deletedAt !== undefined ? Infinity : device.pairingUntil;
}
