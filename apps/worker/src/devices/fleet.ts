/**
 * The devices this worker owns. Every tick it renews its leases in one batch, lets go of those it lost, and claims
 * devices that want a session and have no owner.
 */
import { describeError, type Logger } from '@pombo/runtime';
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

export function createFleet(options: FleetOptions): Fleet {
  const { store, leases, capacity, leaseTtlMs, tickMs, graceMs, open, logger } = options;
  const owned = new Map<string, OwnedDevice>();
  /** Devices that want a session, as of the last look. */
  let wanted: DeviceRecord[] = [];
  let seenVersion: string | undefined;
  let lastRenewal = Date.now();
  let timer: NodeJS.Timeout | undefined;
  let ticking: Promise<void> = Promise.resolve();
  let stopping = false;

  const look = async (): Promise<void> => {
    const version = await store.devices.version();
    if (version === seenVersion) return;
    const devices = await Promise.all((await store.devices.listIds()).map((id) => store.devices.read(id)));
    wanted = devices.filter((device) => device !== undefined).filter(wantsSession);
    seenVersion = version;
  };

  const abandon = async (device: OwnedDevice): Promise<void> => {
    owned.delete(device.lease.deviceId);
    logger.warn('lease lost, session ended', { deviceId: device.lease.deviceId });
    await device.abandon();
  };

  const letGo = async (device: OwnedDevice): Promise<void> => {
    const { lease } = device;
    if (owned.get(lease.deviceId) !== device) return;
    await device.stop(graceMs);
    owned.delete(lease.deviceId);
    await leases.release(lease);
  };

  const renew = async (): Promise<void> => {
    const lost = await leases.renew([...owned.values()].map(({ lease }) => lease));
    lastRenewal = Date.now();
    const lostIds = new Set(lost.map(({ deviceId }) => deviceId));
    await Promise.all([...owned.values()].filter(({ lease }) => lostIds.has(lease.deviceId)).map(abandon));
  };

  const claim = async (device: DeviceRecord): Promise<void> => {
    const lease = await leases.claim(device.id);
    if (!lease) return;
    const current = await store.devices.read(device.id);
    if (!current || !wantsSession(current)) return leases.release(lease);
    const opened = await open(lease, current);
    owned.set(device.id, opened);
    logger.info('device taken over', { deviceId: device.id, epoch: lease.epoch });
    opened.ended.then(({ final }) => endedByItself(opened, final)).catch(logFailure);
  };

  /** A final end leaves the device free for whoever pairs it again; after any other it is claimed again. */
  const endedByItself = async (device: OwnedDevice, final: boolean): Promise<void> => {
    if (stopping) return;
    if (final) wanted = wanted.filter(({ id }) => id !== device.lease.deviceId);
    await letGo(device);
  };

  const claimFree = async (): Promise<void> => {
    const free = wanted.filter(({ id }) => !owned.has(id)).slice(0, Math.max(capacity - owned.size, 0));
    for (const device of free) if (!stopping) await claim(device);
  };

  const logFailure = (error: unknown): void => logger.error('a device could not be handled', describeError(error));

  const tick = async (): Promise<void> => {
    try {
      await renew();
      await look();
      await claimFree();
    } catch (error) {
      logFailure(error);
    }
  };

  /** Redis did not answer for as long as a lease lives: someone else may own these devices by now. */
  const fence = (): void => {
    if (owned.size === 0 || Date.now() - lastRenewal < leaseTtlMs) return;
    for (const device of owned.values()) abandon(device).catch(logFailure);
  };

  let busy = false;
  const beat = (): void => {
    fence();
    if (busy) return;
    busy = true;
    ticking = tick().finally(() => {
      busy = false;
    });
  };

  return {
    start() {
      timer = setInterval(beat, tickMs);
      beat();
    },
    async stop() {
      stopping = true;
      clearInterval(timer);
      await ticking;
      await Promise.all([...owned.values()].map(letGo));
    },
    get size() {
      return owned.size;
    },
  };
}
