/**
 * Keeps a device's hand full. Jobs are taken many at a time by a script of our own, under the epoch of the lease, so
 * that a chat that is slow can be passed by; BullMQ waits for the next job when there is none, moves on those that have
 * stalled, and renews locks.
 *
 *   paused ──consume──▶ taking ──no room──▶ full ──room, or something more urgent──▶ taking
 *                          └──nothing there──▶ waiting for a job ──▶ taking          any ──pause──▶ paused
 */
import { type Priority, shardOfDevice } from '@pombo/contracts';
import { describeError, type Logger, onReconnect, type Redis, SECOND } from '@pombo/runtime';
import type { Keys } from '@pombo/store';
import { createBell } from './bell.js';
import { createHand, type Taken, type TakenJob } from './hand.js';
import { JobWaiter } from './job-waiter.js';
import { queueNameOf } from './queue-names.js';

/** What can be taken now: how many jobs, and whether only those more urgent than some priority. */
export interface Room {
  readonly jobs: number;
  readonly above?: Priority;
}

export interface Consumer {
  /** Takes jobs from now on. */
  consume(): void;
  /** Takes no more jobs until `consume`; those in hand go on. */
  pause(): void;
  /** The answer of `room` has changed. */
  roomChanged(): void;
  /** The outcome of a message is recorded: its job goes, together with others that end at the same time. */
  finish(messageId: string): void;
  /** Ends: what is in hand goes back to where the next owner takes it first, in order. */
  close(): Promise<void>;
}

export interface ConsumerOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly deviceId: string;
  /** Of the lease: jobs are taken only while it is the latest. */
  readonly epoch: number;
  readonly room: () => Room;
  /** Hands over what was taken, in the order of the queue. */
  readonly take: (jobs: readonly TakenJob[]) => void | Promise<void>;
  readonly logger: Logger;
}

const LOCK_MS = 30 * SECOND;
const RENEW_MS = LOCK_MS / 2;
/** The owner's take-back does this work at once; BullMQ's check is only the backstop. */
const STALLED_CHECK_MS = 60 * SECOND;
/** How long BullMQ waits for a job in one go, the most it allows. */
const WAIT_SECONDS = 10;
/** How often a full hand is looked past for something more urgent. */
const URGENT_CHECK_MS = 250;
/** Outcomes recorded within this time are reported together. Nobody waits for it: what is recorded is not sent again. */
const FINISH_MS = 50;
/** Taken in one go. */
const MOST_AT_ONCE = 500;
const AFTER_FAILURE_MS = SECOND;
/** The same trouble is a warning again after so long. */
const SAID_AGAIN_MS = 10 * SECOND;

export function createConsumer(options: ConsumerOptions): Consumer {
  const { redis, keys, deviceId, room, logger } = options;
  const hand = createHand({ ...options, lockMs: LOCK_MS });
  const bell = createBell();
  /** Outcomes recorded, jobs still there. */
  let finished: string[] = [];
  let flushing: NodeJS.Timeout | undefined;
  let consuming = false;
  let closing = false;
  let loop: Promise<void> | undefined;
  let lookForStray = false;

  const report = (what: string) => (error: unknown) => logger.warn(what, { deviceId, ...describeError(error) });
  /** While Redis is away BullMQ says so many times a second, and so it does for every device. */
  let saidAt = -Infinity;
  const reportConnection = (error: Error): void => {
    const now = performance.now();
    const isRepeated = now - saidAt < SAID_AGAIN_MS;
    if (!isRepeated) saidAt = now;
    logger[isRepeated ? 'debug' : 'warn']('queue worker error', { deviceId, ...describeError(error) });
  };
  let worker: JobWaiter | undefined;
  /** Made when it is first needed: its connection costs more than all else, when many devices with jobs are taken over. */
  const bullWorker = (): JobWaiter => {
    if (worker) return worker;
    worker = new JobWaiter(queueNameOf(deviceId), {
      connection: redis,
      prefix: keys.queuePrefix(shardOfDevice(deviceId)),
      drainDelay: WAIT_SECONDS,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    });
    worker.on('error', reportConnection);
    worker.startStalledCheckTimer().catch(report('the check for stalled jobs did not start'));
    return worker;
  };
  // The reply to a script may have been lost with the connection, and jobs with it that nobody knows to be in hand.
  const lookAgain = (): void => {
    lookForStray = true;
    bell.ring();
  };
  const stopListening = onReconnect(redis, lookAgain);

  const take = async ({ jobs, above }: Room): Promise<Taken> => {
    const wanted = Math.max(0, Math.min(jobs, MOST_AT_ONCE));
    const taken = await hand.take({ room: wanted, ...(above === undefined ? {} : { above }) });
    if (taken.stale) consuming = false;
    const stray = lookForStray ? await takeStray() : [];
    if (stray.length + taken.jobs.length > 0) await options.take([...stray, ...taken.jobs]);
    return taken;
  };

  const takeStray = async (): Promise<TakenJob[]> => {
    lookForStray = false;
    const ids = await hand.findStray();
    return ids.length === 0 ? [] : (await hand.take({ room: 0, adopt: ids })).jobs;
  };

  const step = async (): Promise<void> => {
    const free = room();
    if (free.jobs <= 0 && !lookForStray) return bell.wait();
    const { more, dueInMs } = await take(free);
    if (free.above !== undefined) return bell.wait(URGENT_CHECK_MS);
    if (more || !isConsuming()) return;
    await bullWorker().wait(hand.token, dueInMs);
    // What it woke for is there for whoever consumes next.
    if (!isConsuming()) void hand.wake().catch(report('the next to wait for a job was not woken'));
  };

  /** Asked after something was awaited. */
  const isConsuming = (): boolean => consuming && !closing;

  const run = async (): Promise<void> => {
    while (!closing) {
      try {
        if (consuming) await step();
        else await bell.wait();
      } catch (error) {
        report('jobs could not be taken')(error);
        if (!isClosing()) await bell.wait(AFTER_FAILURE_MS);
      }
    }
  };
  const isClosing = (): boolean => closing;

  const flush = async (): Promise<void> => {
    flushing = undefined;
    const ids = finished;
    finished = [];
    try {
      await hand.finish(ids);
    } catch (error) {
      report('finished jobs were not removed')(error);
      finished.push(...ids);
      if (!closing) flushing ??= setTimeout(() => void flush(), AFTER_FAILURE_MS);
    }
  };

  const renew = async (): Promise<void> => {
    const ids = [...hand.held];
    if (ids.length === 0) return;
    const tokens = ids.map(() => hand.token);
    const lost = await bullWorker().extendJobLocks(ids, tokens, LOCK_MS);
    // Still ours by the lease: locked anew, unless someone else has taken them meanwhile.
    if (lost.length > 0) await hand.take({ room: 0, adopt: lost.filter((id) => hand.held.has(id)) });
  };
  const renewing = setInterval(() => void renew().catch(report('locks were not renewed')), RENEW_MS);

  return {
    consume() {
      if (closing) return;
      consuming = true;
      loop ??= run();
      bell.ring();
    },
    pause() {
      consuming = false;
    },
    roomChanged: () => bell.ring(),
    finish(messageId) {
      finished.push(messageId);
      flushing ??= setTimeout(() => void flush(), FINISH_MS);
    },
    async close() {
      if (closing) return;
      closing = true;
      consuming = false;
      stopListening();
      clearInterval(renewing);
      clearTimeout(flushing);
      bell.ring();
      await worker?.close(true);
      await loop;
      await flush();
      await hand.giveBack([...hand.held]);
    },
  };
}
