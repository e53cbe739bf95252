/**
 * One walk over the messages of a device that wait: what has expired ends, and so does what nobody will send any more.
 * What a live owner has in hand is the owner's, whatever it is.
 */
import { MINUTE } from '@pombo/runtime';
import type { JobCursor, WaitingJobs } from '@pombo/queue';
import type { DeviceRecord, LeaseEntry, Leftovers, WaitingMessage } from '@pombo/store';
import type { JanitorMetrics } from './janitor-metrics.js';

/** What the janitor knows of a device when it begins. */
export interface SweptDevice {
  readonly deviceId: string;
  /** Undefined: it was removed. */
  readonly device: DeviceRecord | undefined;
  readonly lease: LeaseEntry;
  readonly ownerIsAlive: boolean;
}

export interface SweepTools {
  readonly leftovers: Leftovers;
  readonly jobs: WaitingJobs;
  readonly loggedOutGraceMs: number;
  readonly metrics: JanitorMetrics;
}

export interface Sweep {
  /** One page. @returns false when there is no more. */
  step(): Promise<boolean>;
  /** The device was removed, and nothing is left of it. */
  readonly deviceIsGone: boolean;
}

/** A walk that was not finished by then is begun anew. */
const UNFINISHED_MS = MINUTE;
/** A message that left is given so long for its acknowledgement after its owner died, besides the time to expire. */
const UNKNOWN_GRACE_MS = 5 * MINUTE;
/** When to look again after messages that are late and cannot be ended yet. */
const LOOK_AGAIN_MS = MINUTE;
const NOT_READY = { code: 'DEVICE_NOT_READY', message: 'the device was logged out and not paired again in time' };
const REMOVED = { code: 'DEVICE_NOT_READY', message: 'the device was removed before the message was sent' };

/** @param now Redis' time, ms since the epoch. */
export async function beginSweep(swept: SweptDevice, now: number, tools: SweepTools): Promise<Sweep> {
  const { deviceId, device, lease, ownerIsAlive } = swept;
  const { leftovers, jobs, metrics, loggedOutGraceMs } = tools;
  const deadOwner = ownerIsAlive ? undefined : lease;
  let cursor: JobCursor | undefined;
  let soonest = Infinity;
  let forgotten = false;
  await leftovers.beginSweep(deviceId, now + UNFINISHED_MS);

  const givenUpAt = device ? (device.loggedOutAt ?? Infinity) + loggedOutGraceMs : 0;
  const endFor = async (id: string, message: WaitingMessage, inHand: boolean): Promise<boolean> => {
    if (inHand && ownerIsAlive) return false;
    if (message.dispatchedAt !== undefined) {
      const ended = deadOwner !== undefined && (await leftovers.failUnknown(id, deviceId, lease, UNKNOWN_GRACE_MS));
      return count('failed_unknown', ended);
    }
    if (message.expiresAt <= now) return count('expired', await leftovers.expire(id, deviceId));
    if (givenUpAt > now || device?.paired) return false;
    return count('failed_not_ready', await leftovers.failUnsent(id, deviceId, device ? NOT_READY : REMOVED));
  };
  const count = (what: string, done: boolean): boolean => {
    if (done) metrics.janitorDone.inc({ what });
    return done;
  };

  /** When the message should be looked at again. */
  const note = (message: WaitingMessage): void => {
    const again = message.expiresAt > now ? message.expiresAt : now + LOOK_AGAIN_MS;
    soonest = Math.min(soonest, again, message.dispatchedAt === undefined ? Math.max(givenUpAt, now) : Infinity);
  };

  const look = async (ids: readonly string[], inHand: boolean): Promise<void> => {
    const messages = await leftovers.readWaiting(ids);
    const over = await Promise.all(
      ids.map(async (id, i) => {
        const message = messages[i];
        if (!message || (message.state !== 'queued' && message.state !== 'processing')) return true;
        if (await endFor(id, message, inHand)) return true;
        note(message);
        return false;
      }),
    );
    const done = ids.filter((_id, i) => over[i]);
    const removed = await jobs.remove(done, deviceId, deadOwner);
    if (removed > 0) metrics.janitorDone.inc({ what: 'job_removed' }, removed);
  };

  const forget = async (): Promise<void> => {
    await jobs.destroy(deviceId);
    await leftovers.forgetDevice(deviceId);
    forgotten = true;
    count('device_forgotten', true);
  };

  return {
    async step() {
      const { ids, next } = await jobs.read(deviceId, cursor);
      await look(ids, false);
      cursor = next;
      if (next) return true;
      await look(await jobs.readInHand(deviceId), true);
      await leftovers.endSweep(deviceId, soonest === Infinity ? undefined : soonest);
      if (!device && !ownerIsAlive && soonest === Infinity) await forget();
      return false;
    },
    get deviceIsGone() {
      return forgotten;
    },
  };
}
