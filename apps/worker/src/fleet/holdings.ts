/** The devices in this worker's hands: claiming them, giving them back, losing them. */
import { describeError, type Logger, MINUTE, SECOND } from '@pombo/runtime';
import type { ClaimedLease, DeviceRecord, FleetNews, HeldLease, Leases, Store } from '@pombo/store';
import { Semaphore } from 'async-mutex';
import type { OwnedDevice } from '../devices/owned-device.js';
import { wantsSession } from './wants-session.js';

export interface Holdings {
  /**
   * Owns the device if it is free, wanted and there is room; a failure is logged and the device left alone for a while.
   * @param handedOver it was sending until a moment ago, and is to be sending again before others are.
   */
  claim(deviceId: string, handedOver?: boolean): Promise<void>;
  /** Finishes what is in flight, at most `graceMs`, closes the session and releases the lease. */
  giveBack(device: OwnedDevice, graceMs: number, heir: string | undefined): Promise<void>;
  /** Has a device that is owned carry out what is wanted of it now. @returns `to-be-opened-anew` when it cannot as it is. */
  follow(device: DeviceRecord): 'kept' | 'to-be-opened-anew';
  /** Ends the sessions of leases that are no longer ours. */
  abandon(lost: ReadonlySet<HeldLease>): void;
  abandonAll(): void;
  /** Releases those of these leases, all in this worker's name, that it knows nothing of: a reply was lost on its way. */
  releaseUnheld(leases: readonly HeldLease[]): Promise<void>;
  /** Claims nothing any more; resolves when the claims under way have ended. */
  close(): Promise<void>;
  /** Leases of devices that are owned or being opened. */
  leases(): HeldLease[];
  owned(): OwnedDevice[];
  has(deviceId: string): boolean;
  readonly size: number;
  /** Devices that are being opened, or owned and not connected yet for the first time. */
  readonly connecting: number;
}

export interface HoldingsOptions {
  readonly store: Store;
  readonly leases: Leases;
  readonly capacity: number;
  readonly open: (lease: ClaimedLease, device: DeviceRecord, handedOver: boolean) => Promise<OwnedDevice>;
  /** Removes what is left of a deleted device, which is claimed and linked to no phone. */
  readonly remove: (deviceId: string) => Promise<void>;
  readonly tell: (news: FleetNews) => Promise<void>;
  /** Who is to take a device that failed here. */
  readonly understudyOf: (deviceId: string) => string | undefined;
  readonly logger: Logger;
}

/** A device that failed here is left alone for 1, 2, 4 … 60 s, so that neither Redis nor WhatsApp is knocked at. */
const FIRST_REST_MS = SECOND;
const LONGEST_REST_MS = MINUTE;
/** Devices whose credentials are loaded at once. */
const OPENED_AT_ONCE = 30;

export function createHoldings(options: HoldingsOptions): Holdings {
  const { store, leases, capacity, open, remove, tell, understudyOf, logger } = options;
  const owned = new Map<string, OwnedDevice>();
  /** Devices that are being claimed, with their leases once there are any. */
  const opening = new Map<string, HeldLease | undefined>();
  /** Devices whose sessions are being ended, in this worker's name until they have. */
  const ending = new Set<string>();
  /** Owned, and nobody knows yet whether they connect. */
  const unsettled = new Set<OwnedDevice>();
  /** Devices that are being given back. */
  const leaving = new Map<OwnedDevice, Promise<void>>();
  /** Failures in a row by device, and until when it is left alone. */
  const resting = new Map<string, { readonly failures: number; readonly until: number }>();
  const slots = new Semaphore(OPENED_AT_ONCE);
  const claims = new Set<Promise<void>>();
  let closed = false;

  const logFailure = (error: unknown): void => logger.error('a device could not be handled', describeError(error));

  /** Failures count as one row until none came for the longest rest. */
  const rest = (deviceId: string): void => {
    const now = performance.now();
    const earlier = resting.get(deviceId);
    const failures = earlier && now < earlier.until + LONGEST_REST_MS ? earlier.failures + 1 : 1;
    const restMs = Math.min(FIRST_REST_MS * 2 ** (failures - 1), LONGEST_REST_MS);
    resting.set(deviceId, { failures, until: now + restMs });
  };

  const release = async (lease: HeldLease, heir: string | undefined): Promise<void> => {
    await leases.release(lease);
    await tell({ kind: 'free', deviceId: lease.deviceId, heir });
  };

  const abandon = (device: OwnedDevice): void => {
    const { lease } = device;
    owned.delete(lease.deviceId);
    logger.warn('lease lost, session ended', { deviceId: lease.deviceId });
    // If nobody has taken it meanwhile it is still in this worker's name, which lives: whose it should be waits for it.
    ending.add(lease.deviceId);
    device
      .abandon()
      .then(() => release(lease, undefined))
      .catch(logFailure)
      .finally(() => ending.delete(lease.deviceId));
  };

  const letGo = async (device: OwnedDevice, graceMs: number, heir: string | undefined): Promise<void> => {
    const { lease } = device;
    try {
      await device.stop(graceMs);
    } finally {
      if (owned.get(lease.deviceId) === device) owned.delete(lease.deviceId);
      leaving.delete(device);
      await release(lease, heir);
    }
  };

  /** Once, however many reasons there are. */
  const giveBack = (device: OwnedDevice, graceMs: number, heir: string | undefined): Promise<void> => {
    const under = leaving.get(device);
    if (under) return under;
    if (owned.get(device.lease.deviceId) !== device) return Promise.resolve();
    const leave = letGo(device, graceMs, heir);
    leaving.set(device, leave);
    return leave;
  };

  const own = (device: OwnedDevice): void => {
    const { deviceId, epoch } = device.lease;
    owned.set(deviceId, device);
    logger.info('device taken over', { deviceId, epoch });
    unsettled.add(device);
    device.settled
      .then(() => {
        unsettled.delete(device);
        return tell({ kind: 'settled', deviceId });
      })
      .catch(logFailure);
    device.ended.then(({ final }) => endedByItself(device, final)).catch(logFailure);
  };

  /** After a final end nothing is wanted of the device, unless someone asked to pair it again: a claim finds out. */
  const endedByItself = async (device: OwnedDevice, final: boolean): Promise<void> => {
    if (closed) return;
    const { deviceId } = device.lease;
    if (!final) rest(deviceId);
    await giveBack(device, 0, final ? undefined : understudyOf(deviceId));
  };

  const openClaimed = async (lease: ClaimedLease, handedOver: boolean): Promise<void> => {
    const { deviceId } = lease;
    opening.set(deviceId, lease);
    try {
      const [current] = await store.devices.readMany([deviceId]);
      if (current && wantsSession(current) && !closed) {
        if (current.deletedAt === undefined || current.paired) return own(await open(lease, current, handedOver));
        await remove(deviceId);
      }
      await release(lease, undefined);
    } catch (error) {
      rest(deviceId);
      logger.error('a device could not be opened', { deviceId, ...describeError(error) });
      await release(lease, understudyOf(deviceId));
    }
  };

  const mayClaim = (deviceId: string): boolean =>
    !closed &&
    !owned.has(deviceId) &&
    !opening.has(deviceId) &&
    owned.size + opening.size < capacity &&
    (resting.get(deviceId)?.until ?? 0) <= performance.now();

  const claim = async (deviceId: string, handedOver: boolean): Promise<void> => {
    try {
      await slots.runExclusive(async () => {
        const lease = closed ? undefined : await leases.claim(deviceId);
        if (lease) await openClaimed(lease, handedOver);
      });
    } catch (error) {
      logFailure(error);
    } finally {
      opening.delete(deviceId);
    }
  };

  return {
    async claim(deviceId, handedOver = false) {
      if (!mayClaim(deviceId)) return;
      opening.set(deviceId, undefined);
      const claiming = claim(deviceId, handedOver);
      claims.add(claiming);
      await claiming.finally(() => claims.delete(claiming));
    },
    giveBack: (device, graceMs, heir) => giveBack(device, graceMs, heir).catch(logFailure),
    follow(device) {
      const held = owned.get(device.id);
      if (!held || leaving.has(held)) return 'kept';
      if (!wantsSession(device) || (device.deletedAt !== undefined && !device.paired)) return 'to-be-opened-anew';
      return held.follow(device);
    },
    abandon(lost) {
      for (const device of [...owned.values()]) if (lost.has(device.lease)) abandon(device);
    },
    abandonAll() {
      for (const device of [...owned.values()]) abandon(device);
    },
    async releaseUnheld(leases) {
      const isHeld = (id: string): boolean => owned.has(id) || opening.has(id) || ending.has(id);
      for (const lease of leases) if (!isHeld(lease.deviceId)) await release(lease, undefined);
    },
    async close() {
      closed = true;
      await Promise.all(claims);
    },
    leases: () => [
      ...[...owned.values()].map(({ lease }) => lease),
      ...[...opening.values()].filter((l) => l !== undefined),
    ],
    owned: () => [...owned.values()],
    has: (deviceId) => owned.has(deviceId) || opening.has(deviceId),
    get size() {
      return owned.size;
    },
    get connecting() {
      return opening.size + unsettled.size;
    },
  };
}
