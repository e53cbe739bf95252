/**
 * How many messages of a device may be between dispatch and acknowledgement at once, and which goes next: the most
 * urgent, then the one that was accepted first. When the device is held back, all wait; then one goes alone, and the
 * others follow when it has passed.
 */
import { SECOND } from '@pombo/runtime';
import { JobReleased } from '@pombo/queue';
import { ExpiredWhileWaiting, HeldBack } from './errors.js';

export interface SlotRequest {
  /** Asked anew each time a slot is free: a message becomes more urgent when an urgent one joins its chat. */
  readonly urgency: () => number;
  readonly sequence: number;
  /** By this machine's clock; infinite for a message that may have left, which does not expire any more. */
  readonly expiresAt: number;
}

export interface Slots {
  /** How many wait for a slot. */
  readonly waiting: number;
  /**
   * Runs `send` in a slot when it is the message's turn, again after each time it throws `HeldBack` for the device.
   * @param send is given what to call when the message was not held back.
   * @throws what `send` throws; ExpiredWhileWaiting; JobReleased after `release`.
   */
  run<T>(request: SlotRequest, send: (passed: () => void) => Promise<T>): Promise<T>;
  /** What held the device back has changed. */
  recheck(): void;
  /** Lets go of everything whose time has run out. */
  expire(now: number): void;
  /** Lets go of all that wait, now and later. */
  release(): void;
}

interface Waiting extends SlotRequest {
  readonly enter: (probe: boolean) => void;
  readonly leave: (why: Error) => void;
}

/** A hold is looked at again at least this often: limits may have been changed. */
const LONGEST_HOLD_MS = SECOND;

/** @param limit how many slots there are. */
export function createSlots(limit: number): Slots {
  const waiting = new Set<Waiting>();
  let taken = 0;
  let heldUntil = 0;
  /** After a hold nobody knows whether it is over: `due` for one that is to find out, which then is `out`. */
  let probe: 'none' | 'due' | 'out' = 'none';
  let released = false;
  let timer: NodeJS.Timeout | undefined;

  const isBefore = (a: Waiting, b: Waiting): boolean => (a.urgency() - b.urgency() || a.sequence - b.sequence) < 0;

  const nextUp = (): Waiting | undefined => {
    let best: Waiting | undefined;
    for (const entry of waiting) if (!best || isBefore(entry, best)) best = entry;
    return best;
  };

  const mayEnter = (): boolean => taken < limit && probe !== 'out';

  const fill = (): void => {
    clearTimeout(timer);
    const leftMs = heldUntil - Date.now();
    if (leftMs > 0) {
      timer = setTimeout(fill, Math.min(leftMs, LONGEST_HOLD_MS));
      return;
    }
    for (let entry = nextUp(); entry && mayEnter(); entry = nextUp()) {
      waiting.delete(entry);
      taken += 1;
      const isProbe = probe === 'due';
      if (isProbe) probe = 'out';
      entry.enter(isProbe);
    }
  };

  /** Resolves with whether this one is to find out if a hold is over. */
  const enter = (request: SlotRequest): Promise<boolean> =>
    new Promise((resolve, reject) => {
      if (released) return reject(new JobReleased());
      waiting.add({ ...request, enter: resolve, leave: reject });
      fill();
    });

  const hold = (until: number): void => {
    heldUntil = Math.max(heldUntil, Math.min(until, Date.now() + LONGEST_HOLD_MS));
    probe = 'due';
  };

  const vacate = (): void => {
    taken -= 1;
    fill();
  };

  const dismiss = (entry: Waiting, why: Error): void => {
    waiting.delete(entry);
    entry.leave(why);
  };

  return {
    get waiting() {
      return waiting.size;
    },
    async run(request, send) {
      for (;;) {
        let isProbe = await enter(request);
        const passed = (): void => {
          if (isProbe) probe = 'none';
          isProbe = false;
          fill();
        };
        try {
          return await send(passed);
        } catch (error) {
          if (!(error instanceof HeldBack) || error.scope !== 'device') throw error;
          hold(error.until);
        } finally {
          // It ended otherwise and found out nothing.
          if (isProbe && probe === 'out') probe = 'due';
          vacate();
        }
      }
    },
    recheck() {
      heldUntil = 0;
      fill();
    },
    expire(now) {
      for (const entry of waiting) if (entry.expiresAt <= now) dismiss(entry, new ExpiredWhileWaiting());
    },
    release() {
      released = true;
      clearTimeout(timer);
      for (const entry of waiting) dismiss(entry, new JobReleased());
    },
  };
}
