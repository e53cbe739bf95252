/**
 * Looks after what no owner looks after: messages that expire while their device is offline or has no worker, those of a
 * device that was logged out or removed, jobs and records that lost each other, and whatever outlives its use. Every
 * worker has one; the live workers share the devices by rendezvous hashing. Two that look after the same device for a
 * moment do no harm: every end is a script that checks for itself.
 *
 * An idle device costs one command a round. A device's messages are walked over only when one of them is due.
 */
import { describeError, type Logger, MINUTE } from '@pombo/runtime';
import type { WaitingJobs } from '@pombo/queue';
import type { DeviceWork, Leases, LiveWorker, Store } from '@pombo/store';
import { chooseWorker } from '../fleet/desired-owners.js';
import type { JanitorMetrics } from './janitor-metrics.js';
import { createKnownDevices } from './known-devices.js';
import { beginRepair, type Repair } from './repair.js';
import { createRetention } from './retention.js';
import { beginSweep, type Sweep } from './sweep.js';

export interface Janitor {
  start(): void;
  /** Ends after the page it is at. */
  stop(): Promise<void>;
}

export interface JanitorOptions {
  readonly store: Store;
  readonly leases: Leases;
  readonly jobs: WaitingJobs;
  /** Of this worker. */
  readonly name: string;
  /** Those who share the work. */
  readonly workers: () => readonly LiveWorker[];
  readonly intervalMs: number;
  /** How often records and jobs are counted against each other. */
  readonly countMs: number;
  readonly loggedOutGraceMs: number;
  readonly sessionRetentionMs: number;
  /** Clears up the media folder, which one of those who share the work does: a step every round. */
  readonly tendMedia: () => Promise<void>;
  readonly metrics: JanitorMetrics;
  readonly logger: Logger;
}

/** Devices asked about in one round trip. */
const LOOKED_AT_ONCE = 500;
/** Pages walked in one round, of some 200 messages. */
const PAGES_A_ROUND = 50;
/** A walk that repaired nothing is not repeated for so long, whatever the counts say. */
const REPAIR_AGAIN_MS = 60 * MINUTE;

export function createJanitor(options: JanitorOptions): Janitor {
  const { store, leases, jobs, name, workers, intervalMs, countMs, metrics, logger } = options;
  const { leftovers } = store;
  const known = createKnownDevices(store.devices);
  const retention = createRetention(options);
  const sweeps = new Map<string, Sweep>();
  const repairs = new Map<string, Repair>();
  /** Devices with more messages waiting than jobs when they were counted last. */
  const suspects = new Set<string>();
  const repairedAt = new Map<string, number>();
  /** Names of those who shared the work in the last round. */
  let sharedWith = '';
  let countedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;
  let stopping = false;

  const logFailure = (error: unknown): void => logger.error('the janitor could not finish', describeError(error));

  const tools = { leftovers, jobs, metrics, loggedOutGraceMs: options.loggedOutGraceMs };

  const beginSweepOf = async (deviceId: string, now: number): Promise<void> => {
    if (sweeps.has(deviceId)) return;
    const [[device], [lease]] = await Promise.all([store.devices.readMany([deviceId]), leases.read([deviceId])]);
    if (!lease) return;
    const ownerIsAlive = lease.owner !== undefined && (await store.workers.isAlive(lease.owner));
    sweeps.set(deviceId, await beginSweep({ deviceId, device, lease, ownerIsAlive }, now, tools));
  };

  const lookAt = async (ids: readonly string[], now: number): Promise<void> => {
    const works = await leftovers.readWork(ids);
    const counting = performance.now() - countedAt >= countMs;
    for (const [i, deviceId] of ids.entries()) {
      const work = works[i];
      if (!work) continue;
      if (work.waiting > 0 && work.sweepAt <= now) await beginSweepOf(deviceId, now);
      if (counting) await countUp(deviceId, work, now);
      retention.consider(deviceId, work, now);
    }
  };

  /** A message is accepted before its job is there and settled before it goes: only a lasting difference counts. */
  const countUp = async (deviceId: string, { waiting }: DeviceWork, now: number): Promise<void> => {
    const isShort = waiting > 0 && waiting > (await jobs.count(deviceId));
    const lately = performance.now() - (repairedAt.get(deviceId) ?? -Infinity) < REPAIR_AGAIN_MS;
    if (isShort && suspects.has(deviceId) && !lately) repairs.set(deviceId, beginRepair(deviceId, now, tools));
    if (isShort) suspects.add(deviceId);
    else suspects.delete(deviceId);
  };

  const walk = async <T extends { step(): Promise<boolean> }>(
    walks: Map<string, T>,
    onEnd: (deviceId: string, walked: T) => void,
  ): Promise<void> => {
    for (let page = 0; page < PAGES_A_ROUND && !isStopping(); page += 1) {
      const [first] = walks;
      if (!first) return;
      const [deviceId, walked] = first;
      // To the end of the line, so that one long queue does not hold up the others.
      walks.delete(deviceId);
      if (await walked.step()) walks.set(deviceId, walked);
      else onEnd(deviceId, walked);
    }
  };
  const isStopping = (): boolean => stopping;

  const endRepair = (deviceId: string, { repaired }: Repair): void => {
    suspects.delete(deviceId);
    if (repaired === 0) repairedAt.set(deviceId, performance.now());
    else logger.warn('messages without a job were queued again', { deviceId, messages: repaired });
  };

  const doRound = async (): Promise<void> => {
    const sharing = workers();
    const isMine = (id: string): boolean => chooseWorker(id, sharing) === name;
    const now = await leftovers.now();
    // Whoever looked after a device until now may have heard of a change and not acted on it.
    const names = sharing.map((worker) => worker.name).join();
    if (names !== sharedWith) known.startOver();
    for (const deviceId of await known.look()) if (isMine(deviceId)) await beginSweepOf(deviceId, now);
    sharedWith = names;
    const mine = known.ids().filter(isMine);
    for (let at = 0; at < mine.length && !isStopping(); at += LOOKED_AT_ONCE) {
      await lookAt(mine.slice(at, at + LOOKED_AT_ONCE), now);
    }
    if (performance.now() - countedAt >= countMs) countedAt = performance.now();
    await walk(sweeps, (deviceId, { deviceIsGone }) => {
      if (!deviceIsGone) return;
      known.forget(deviceId);
      retention.forget(deviceId);
    });
    await walk(repairs, endRepair);
    if (!isStopping()) await retention.step();
    if (!isStopping() && isMine('media')) await options.tendMedia();
  };

  return {
    start() {
      timer = setInterval(() => {
        round ??= doRound()
          .catch(logFailure)
          .finally(() => (round = undefined));
      }, intervalMs);
    },
    async stop() {
      stopping = true;
      clearInterval(timer);
      await round;
    },
  };
}
