/**
 * The devices this worker owns. Every tick it renews its leases in one batch, lets go of those it lost, and claims
 * devices that want a session and have no owner. Renewing waits for nothing else: neither a device that is slow to open
 * nor one that is slow to end may cost the others their leases.
 */
import { describeError, type Logger, MINUTE, SECOND } from '@pombo/runtime';
import type { DeviceRecord, HeldLease, Leases, Store } from '@pombo/store';
import type { OwnedDevice } from './owned-device.js';

export interface Fleet {
  start(): void;
  /** Lets every device finish what is in flight, closes its session and releases its lease. */
  stop(): Promise<void>;
  /** Devices owned now. */
  readonly size: number;
}

export interface FleetOptions {
  readonly store: Store;
  readonly leases: Leases;
  readonly capacity: number;
  readonly leaseTtlMs: number;
  readonly tickMs: number;
  /** How long a device may take to finish what is in flight. */
  readonly graceMs: number;
  readonly open: (lease: HeldLease, device: DeviceRecord) => Promise<OwnedDevice>;
  readonly logger: Logger;
}

/** A session is wanted for a device that is paired, or that someone wants to pair right now. */
function wantsSession(device: DeviceRecord): boolean {
  return device.paired ? device.state !== 'banned' : (device.pairingUntil ?? 0) > Date.now();
}

/** A device that failed here is left alone for 1, 2, 4 … 60 s, so that neither Redis nor WhatsApp is knocked at. */
const FIRST_REST_MS = SECOND;
const LONGEST_REST_MS = MINUTE;

export function createFleet(options: FleetOptions): Fleet {
  const { store, leases, capacity, leaseTtlMs, tickMs, graceMs, open, logger } = options;
  const owned = new Map<string, OwnedDevice>();
  /** Leases of devices that are being opened. */
  const opening = new Set<HeldLease>();
  /** Failures in a row by device, and until when it is left alone. */
  const resting = new Map<string, { readonly failures: number; readonly until: number }>();
  /** Devices that want a session, as of the last look. */
  let wanted: DeviceRecord[] = [];
  let seenVersion: string | undefined;
  /** When the last renewal that was answered had been asked for: leases live from then at least. */
  let lastRenewal = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let renewing: Promise<void> | undefined;
  let claiming: Promise<void> | undefined;
  let stopping = false;

  const logFailure = (error: unknown): void => logger.error('a device could not be handled', describeError(error));

  const look = async (): Promise<void> => {
    const version = await store.devices.version();
    if (version === seenVersion) return;
    const devices = await Promise.all((await store.devices.listIds()).map((id) => store.devices.read(id)));
    wanted = devices.filter((device) => device !== undefined).filter(wantsSession);
    seenVersion = version;
  };

  const abandon = (device: OwnedDevice): void => {
    owned.delete(device.lease.deviceId);
    logger.warn('lease lost, session ended', { deviceId: device.lease.deviceId });
    device.abandon().catch(logFailure);
  };

  const letGo = async (device: OwnedDevice): Promise<void> => {
    const { lease } = device;
    if (owned.get(lease.deviceId) !== device) return;
    try {
      await device.stop(graceMs);
    } finally {
      if (owned.get(lease.deviceId) === device) owned.delete(lease.deviceId);
      await leases.release(lease);
    }
  };

  const renew = async (): Promise<void> => {
    const asked = performance.now();
    const lost = new Set(await leases.renew([...[...owned.values()].map(({ lease }) => lease), ...opening]));
    lastRenewal = asked;
    for (const device of [...owned.values()]) if (lost.has(device.lease)) abandon(device);
  };

  /** Failures count as one row until none came for the longest rest. */
  const rest = (deviceId: string): void => {
    const now = performance.now();
    const earlier = resting.get(deviceId);
    const failures = earlier && now < earlier.until + LONGEST_REST_MS ? earlier.failures + 1 : 1;
    const restMs = Math.min(FIRST_REST_MS * 2 ** (failures - 1), LONGEST_REST_MS);
    resting.set(deviceId, { failures, until: now + restMs });
  };

  const claim = async ({ id }: DeviceRecord): Promise<void> => {
    const lease = await leases.claim(id);
    if (!lease) return;
    opening.add(lease);
    try {
      const current = await store.devices.read(id);
      if (current && wantsSession(current)) return own(await open(lease, current));
      wanted = wanted.filter((device) => device.id !== id);
      await leases.release(lease);
    } catch (error) {
      rest(id);
      logger.error('a device could not be opened', { deviceId: id, ...describeError(error) });
      await leases.release(lease);
    } finally {
      opening.delete(lease);
    }
  };

  const own = (device: OwnedDevice): void => {
    const { deviceId, epoch } = device.lease;
    owned.set(deviceId, device);
    logger.info('device taken over', { deviceId, epoch });
    device.ended.then(({ final }) => endedByItself(device, final)).catch(logFailure);
  };

  /** After a final end nothing is wanted of the device, unless someone asked to pair it again: `claim` finds out. */
  const endedByItself = async (device: OwnedDevice, final: boolean): Promise<void> => {
    if (stopping) return;
    if (!final) rest(device.lease.deviceId);
    await letGo(device);
  };

  const claimFree = async (): Promise<void> => {
    if (owned.size >= capacity) return;
    const now = performance.now();
    const idle = wanted.filter(({ id }) => !owned.has(id) && (resting.get(id)?.until ?? 0) <= now);
    const free = new Set(await leases.findFree(idle.map(({ id }) => id)));
    for (const device of idle) {
      if (stopping || owned.size >= capacity) return;
      if (free.has(device.id)) await claim(device);
    }
  };

  const lookAndClaim = async (): Promise<void> => {
    await look();
    await claimFree();
  };

  /** Redis did not answer for as long as a lease lives: someone else may own these devices by now. */
  const fence = (): void => {
    if (performance.now() - lastRenewal < leaseTtlMs) return;
    for (const device of [...owned.values()]) abandon(device);
  };

  const beat = (): void => {
    fence();
    renewing ??= renew()
      .catch(logFailure)
      .finally(() => (renewing = undefined));
    if (stopping) return;
    claiming ??= lookAndClaim()
      .catch(logFailure)
      .finally(() => (claiming = undefined));
  };

  return {
    start() {
      timer = setInterval(beat, tickMs);
      beat();
    },
    async stop() {
      stopping = true;
      await claiming;
      // The beat goes on meanwhile: finishing may take longer than a lease lives.
      await Promise.all([...owned.values()].map((device) => letGo(device).catch(logFailure)));
      clearInterval(timer);
      await renewing;
    },
    get size() {
      return owned.size;
    },
  };
}
