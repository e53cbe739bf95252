/**
 * A worker among workers. Every tick it says that it is alive and hears who else is; from that each works out by itself
 * who should own which device, claims what should be its own and is free, and gives back what should be another's.
 * Beating waits for nothing else: neither a device that is slow to open nor one that is slow to end may cost the others
 * their leases.
 */
import { describeError, type Logger, type Metrics, MINUTE, SECOND } from '@pombo/runtime';
import type { DeviceRecord, FleetChannel, FleetNews, FleetView, Leases, LiveWorker, Store } from '@pombo/store';
import type { OwnedDevice } from '../devices/owned-device.js';
import { chooseHeir } from './choose-heir.js';
import { desireOwners, type DesiredOwners } from './desired-owners.js';
import { drain } from './drain.js';
import { createHoldings, type HoldingsOptions } from './holdings.js';
import { createWantedDevices } from './wanted-devices.js';

export interface Fleet {
  start(): Promise<void>;
  /** Lets every device finish what is in flight, closes its session and hands it over. */
  stop(): Promise<void>;
  /** Devices owned now. */
  readonly size: number;
  /** Whether the leases cannot have run out: nobody else owns these devices. Asked before anything is written for them. */
  readonly isSure: boolean;
  /** The workers alive at the last tick. */
  readonly workers: readonly LiveWorker[];
}

export interface FleetOptions {
  readonly store: Store;
  readonly leases: Leases;
  readonly channel: FleetChannel;
  /** Of this worker; unique. */
  readonly name: string;
  readonly capacity: number;
  readonly leaseTtlMs: number;
  /** How long Redis may be silent before leases are given up. Default: as long as they live. */
  readonly doubtAfterMs?: number;
  readonly tickMs: number;
  /** How often leases are looked at although this worker never stopped beating, and free devices of others. Default: 10 s. */
  readonly checkMs?: number;
  /** How long a device may take to finish what is in flight. */
  readonly graceMs: number;
  /** How long a worker must have been alive before others give devices back for it. */
  readonly rebalanceAfterMs: number;
  /** See `HoldingsOptions.open`. */
  readonly open: HoldingsOptions['open'];
  /** See `HoldingsOptions.remove`. */
  readonly remove: (deviceId: string) => Promise<void>;
  readonly metrics: Pick<Metrics, 'devicesOwned' | 'devicesWaiting'>;
  readonly logger: Logger;
}

/** Given back at once, so that a new worker never takes many sessions down together. */
const GIVEN_BACK_AT_ONCE = 2;
/** A device taken in place of its desired owner stays for so long: it was not taken there for some reason. */
const STAND_IN_MS = 5 * MINUTE;
const CHECK_MS = 10 * SECOND;
/** How often everything is looked at again, should news of a change have been lost with its author. */
const LOOK_AGAIN_MS = 5 * MINUTE;

export function createFleet(options: FleetOptions): Fleet {
  const { store, leases, channel, name, capacity, leaseTtlMs, tickMs, graceMs, rebalanceAfterMs, logger } = options;
  const { doubtAfterMs = leaseTtlMs, checkMs = CHECK_MS } = options;
  const wanted = createWantedDevices(store.devices, (device) => follow(device));
  const tell = (news: FleetNews): Promise<void> => channel.tell(news).catch(logFailure);
  const holdings = createHoldings({ ...options, tell, understudyOf: (id) => desired.understudyOf(id) });
  /** Until when devices that should be another's stay here. */
  const standingIn = new Map<string, number>();
  const givingBack = new Set<string>();
  const settledListeners = new Map<string, () => void>();
  let desired: DesiredOwners = desireOwners([], []);
  let desiredFor = '';
  let workers: readonly LiveWorker[] = [];
  /** When the last beat that was answered had been asked for: leases live from then at least. */
  let lastBeat = performance.now();
  let nextCheck = 0;
  let nextLook = performance.now() + LOOK_AGAIN_MS;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> | undefined;
  let beatAgain = false;
  let planning: Promise<void> | undefined;
  let planAgain = false;
  let stopping = false;
  /** Who waits for the next beat that is answered. */
  const beaten: Array<() => void> = [];

  function logFailure(error: unknown): void {
    logger.error('the fleet could not be looked after', describeError(error));
  }

  const beat = async (): Promise<void> => {
    const asked = performance.now();
    const seat = { name, capacity, draining: stopping, connecting: holdings.connecting };
    const view = await store.workers.beat(seat, leaseTtlMs);
    // Answered too late: what was let go of before stays so.
    fence();
    lastBeat = asked;
    workers = view.workers;
    // It waited for Redis for so long that nothing can be built on it.
    if (performance.now() - asked >= leaseTtlMs) return;
    if (!view.wasAlive || nextCheck <= asked) {
      nextCheck = asked + checkMs;
      await dropLost();
      if (!stopping) standIn().catch(logFailure);
    }
    if (stopping) desire();
    else plan(view);
    for (const tellBeaten of beaten.splice(0)) tellBeaten();
  };

  const dropLost = async (): Promise<void> => {
    const lost = await leases.findLost(holdings.leases());
    if (lost.length > 0) holdings.abandon(new Set(lost));
  };

  /** One after the other, the latest view last. */
  const plan = (view: FleetView): void => {
    if (planning) {
      planAgain = true;
      return;
    }
    planning = carryOut(view)
      .catch(logFailure)
      .finally(() => {
        planning = undefined;
        if (planAgain && !stopping) wake();
        planAgain = false;
      });
  };

  const carryOut = async ({ version }: FleetView): Promise<void> => {
    if (nextLook <= performance.now()) {
      wanted.lookAgain();
      nextLook = performance.now() + LOOK_AGAIN_MS;
    }
    await wanted.look(version);
    desire();
    giveBackForOthers();
    // Not awaited: a device that is slow to open keeps no other from being given back.
    for (const id of desired.devicesOf(name)) if (!holdings.has(id)) void holdings.claim(id);
  };

  /** What is wanted of a device of ours has changed. */
  const follow = (device: DeviceRecord): void => {
    if (stopping || holdings.follow(device) === 'kept') return;
    const held = holdings.owned().find(({ lease }) => lease.deviceId === device.id);
    // Given back to whoever should own it, mostly this worker itself, which then opens it as it is wanted now.
    if (held) void holdings.giveBack(held, graceMs, desired.ownerOf(device.id));
  };

  /** Works out anew who should own what, when anything has changed. */
  const desire = (): void => {
    const seats = workers.map((w) => `${w.name} ${w.capacity} ${w.draining}`).sort();
    const now = `${wanted.revision} ${seats.join()}`;
    if (now === desiredFor) return;
    const before = desired.waiting;
    desired = desireOwners(wanted.ids(), workers);
    desiredFor = now;
    options.metrics.devicesWaiting.set(desired.waiting);
    if (!stopping && desired.waiting > 0 && desired.waiting !== before) {
      logger.warn('all workers are full: devices wait until one is added', { devices: desired.waiting });
    }
  };

  const giveBackForOthers = (): void => {
    const settled = new Set(workers.filter(({ ageMs }) => ageMs >= rebalanceAfterMs).map((worker) => worker.name));
    const now = performance.now();
    for (const device of holdings.owned()) {
      const { deviceId } = device.lease;
      const heir = desired.ownerOf(deviceId);
      if (givingBack.size >= GIVEN_BACK_AT_ONCE) return;
      if (heir === undefined || heir === name || !settled.has(heir) || givingBack.has(deviceId)) continue;
      if ((standingIn.get(deviceId) ?? 0) > now) continue;
      void giveBack(device, heir);
    }
  };

  const giveBack = async (device: OwnedDevice, heir: string): Promise<void> => {
    const { deviceId } = device.lease;
    givingBack.add(deviceId);
    logger.info('device given to another worker', { deviceId, heir });
    await holdings.giveBack(device, graceMs, heir);
    givingBack.delete(deviceId);
    standingIn.delete(deviceId);
  };

  /** Takes over what its desired owner leaves alone: it may be full, or unable to open it. */
  const standIn = async (): Promise<void> => {
    const ids = desired.understudiedBy(name).filter((id) => !holdings.has(id));
    const entries = await leases.read(ids);
    const alive = new Set(workers.map((worker) => worker.name));
    const ours = ids.flatMap((deviceId, i) =>
      entries[i]?.owner === name ? { deviceId, epoch: entries[i].epoch } : [],
    );
    await holdings.releaseUnheld(ours);
    const free = ids.filter((_id, i) => !alive.has(entries[i]?.owner ?? ''));
    const leftAlone = free.filter((id) => seenFree.has(id));
    seenFree = new Set(free);
    for (const id of leftAlone) takeInstead(id);
  };
  /** Devices that were free when they were looked at last. */
  let seenFree: ReadonlySet<string> = new Set();

  const takeInstead = (deviceId: string, handedOver = false): void => {
    standingIn.set(deviceId, performance.now() + STAND_IN_MS);
    void holdings.claim(deviceId, handedOver);
  };

  const hear = (news: FleetNews): void => {
    if (news.kind === 'settled') settledListeners.get(news.deviceId)?.();
    if (stopping) return;
    if (news.kind === 'devices' || news.kind === 'workers') wake();
    if (news.kind !== 'free' || news.heir !== name) return;
    if (desired.ownerOf(news.deviceId) === name) void holdings.claim(news.deviceId, true);
    else takeInstead(news.deviceId, true);
  };

  /** False when Redis did not answer for as long as a lease lives: someone else may own these devices by now. */
  const isSure = (): boolean => performance.now() - lastBeat < doubtAfterMs;

  const fence = (): void => {
    if (!isSure()) holdings.abandonAll();
  };

  const wake = (): void => {
    if (beating) {
      beatAgain = true;
      return;
    }
    beatAgain = false;
    beating = beat()
      .catch(logFailure)
      .finally(() => {
        beating = undefined;
        if (beatAgain && timer) wake();
      });
  };

  const tick = (): void => {
    fence();
    options.metrics.devicesOwned.set(holdings.size);
    wake();
  };

  /** Resolves when the heir reports that it has connected the device, or that it failed to. */
  const untilSettled = (deviceId: string): Promise<void> =>
    new Promise<void>((resolve) => settledListeners.set(deviceId, resolve)).finally(() =>
      settledListeners.delete(deviceId),
    );

  const otherWorkers = (): LiveWorker[] =>
    workers.filter((worker) => worker.name !== name && !worker.draining && worker.capacity > 0);
  const heirOf = (deviceId: string): string | undefined =>
    chooseHeir(deviceId, otherWorkers(), desired.ownerOf(deviceId), { leaseTtlMs, tickMs });

  /** Resolves when there is somebody who has time for the device, or nobody who could have. */
  const untilHeirIsFree = async (deviceId: string): Promise<void> => {
    while (otherWorkers().length > 0 && heirOf(deviceId) === undefined)
      await new Promise<void>((resolve) => beaten.push(resolve));
  };

  const leave = async (): Promise<void> => {
    await holdings.close();
    // What it is draining for: the others look for heirs, and this worker among them no more.
    await beating;
    await beat();
    desire();
    await tell({ kind: 'workers' });
    // When the time is up, nobody is asked whether they have any.
    const heirs = { heirOf: (id: string) => heirOf(id) ?? desired.ownerOf(id), untilHeirIsFree, untilSettled };
    await drain(holdings, { graceMs, ...heirs, paced: otherWorkers().length > 0 });
  };

  return {
    async start() {
      await channel.listen(hear);
      lastBeat = performance.now();
      timer = setInterval(tick, tickMs);
      tick();
    },
    async stop() {
      stopping = true;
      // The beat goes on meanwhile: finishing may take longer than a lease lives.
      await leave().catch(logFailure);
      clearInterval(timer);
      timer = undefined;
      await beating;
      await store.workers.leave(name);
      await tell({ kind: 'workers' });
    },
    get size() {
      return holdings.size;
    },
    get isSure() {
      return isSure();
    },
    get workers() {
      return workers;
    },
  };
}
