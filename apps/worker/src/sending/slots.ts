/**
 * How many messages of a device may be between dispatch and acknowledgement at once, and which goes next: the most
 * urgent, then the one that was accepted first. A message that is held back returns to its place in the queue.
 */
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
   * Runs `send` in a slot when it is the message's turn, again after each time it throws `HeldBack`.
   * @throws what `send` throws; ExpiredWhileWaiting; JobReleased after `release`.
   */
  run<T>(request: SlotRequest, send: () => Promise<T>): Promise<T>;
  /** Lets go of everything whose time has run out. */
  expire(now: number): void;
  /** Lets go of all that wait, now and later. */
  release(): void;
}

interface Waiting extends SlotRequest {
  notBefore: number;
  readonly enter: () => void;
  readonly leave: (why: Error) => void;
}

/** Node's longest timer, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @param limit how many slots there are. */
export function createSlots(limit: number): Slots {
  const waiting = new Set<Waiting>();
  let taken = 0;
  let heldUntil = 0;
  let released = false;
  let timer: NodeJS.Timeout | undefined;

  const isBefore = (a: Waiting, b: Waiting): boolean => (a.urgency() - b.urgency() || a.sequence - b.sequence) < 0;

  const nextUp = (now: number): Waiting | undefined => {
    let best: Waiting | undefined;
    for (const entry of waiting) {
      if (entry.notBefore <= now && (!best || isBefore(entry, best))) best = entry;
    }
    return best;
  };

  const fill = (): void => {
    clearTimeout(timer);
    const now = Date.now();
    while (taken < limit && heldUntil <= now) {
      const entry = nextUp(now);
      if (!entry) break;
      waiting.delete(entry);
      taken += 1;
      entry.enter();
    }
    wakeLater(now);
  };

  /** When what is held back may go on. */
  const wakeLater = (now: number): void => {
    if (waiting.size === 0 || taken >= limit) return;
    const earliest = Math.min(...[...waiting].map(({ notBefore }) => notBefore));
    const ms = Math.max(heldUntil, earliest) - now;
    timer = setTimeout(fill, Math.min(Math.max(ms, 1), LONGEST_TIMER_MS));
  };

  const enter = (request: SlotRequest, notBefore: number): Promise<void> =>
    new Promise((resolve, reject) => {
      if (released) return reject(new JobReleased());
      waiting.add({ ...request, notBefore, enter: resolve, leave: reject });
      fill();
    });

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
      for (let notBefore = 0; ;) {
        await enter(request, notBefore);
        try {
          return await send();
        } catch (error) {
          if (!(error instanceof HeldBack)) throw error;
          if (error.scope === 'device') heldUntil = Math.max(heldUntil, error.until);
          else notBefore = error.until;
        } finally {
          vacate();
        }
      }
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
