/**
 * Has something made once that many messages need at the same time: by one of them, while the others of this worker
 * wait for it and those of other workers look whether it is there.
 */
import { PomboError } from '@pombo/contracts';
import { REUSABLE_CLAIM_MS, type ReusableName, type Reusables } from '@pombo/store';
import { NotConnectedError } from '@pombo/whatsapp';
import { pause } from '../sending/pause.js';

/** How it is had. */
export interface Steps<T> {
  /** In this process' memory. */
  recall(): T | undefined;
  /** In Redis; asked in the same breath as the claim, and before `make`. */
  find(): Promise<T | undefined>;
  make(): Promise<Made<T>>;
}

export interface Made<T> {
  readonly value: T;
  /** It was not there before. */
  readonly isNew: boolean;
}

export type Once = <T>(what: ReusableName, signal: AbortSignal, steps: Steps<T>) => Promise<Made<T>>;

interface Work {
  readonly done: Promise<Made<unknown>>;
  /** Of the device whose message has it made. */
  readonly signal: AbortSignal;
}

/** Each device has a connection and perhaps a proxy of its own. */
const OF_A_DEVICE: ReadonlySet<string> = new Set(['UPLOAD_FAILED', 'DEVICE_ERROR']);
/** How often a worker looks whether another one is done. */
const LOOK_EVERY_MS = 100;
const PROLONG_EVERY_MS = REUSABLE_CLAIM_MS / 4;

/** @param onError hears when a claim could not be given up; it ends by itself. */
export function createOnce(reusables: Reusables, onError: (error: unknown) => void): Once {
  const underWay = new Map<string, Work>();

  const makeClaimed = async <T>(what: ReusableName, steps: Steps<T>): Promise<Made<T>> => {
    // A claim that could not be prolonged is taken over, and it is made twice: a waste, not a mistake.
    const prolonging = setInterval(() => void reusables.prolong(what).catch(() => undefined), PROLONG_EVERY_MS);
    try {
      return await steps.make();
    } finally {
      clearInterval(prolonging);
    }
  };

  const findOrMake = async <T>(what: ReusableName, signal: AbortSignal, steps: Steps<T>): Promise<Made<T>> => {
    for (;;) {
      // Asked in this order: what was made before the claim was free is found.
      const claiming = reusables.claim(what);
      const finding = steps.find();
      finding.catch(() => undefined);
      const isOurs = await claiming;
      try {
        const found = await finding;
        if (found !== undefined) return { value: found, isNew: false };
        if (isOurs) return await makeClaimed(what, steps);
      } finally {
        // What was saved is saved before it, in the order in which it was asked for.
        if (isOurs) void reusables.release(what).catch(onError);
      }
      await pause(LOOK_EVERY_MS, signal);
    }
  };

  return async <T>(what: ReusableName, signal: AbortSignal, steps: Steps<T>): Promise<Made<T>> => {
    const place = `${what.tenantId} ${what.name}`;
    for (;;) {
      const known = steps.recall();
      if (known !== undefined) return { value: known, isNew: false };
      const work = underWay.get(place);
      if (!work) {
        const done = findOrMake(what, signal, steps);
        underWay.set(place, { done, signal });
        return done.finally(() => underWay.delete(place));
      }
      try {
        const { value } = (await work.done) as Made<T>;
        return { value, isNew: false };
      } catch (error) {
        if (!failedOnlyThere(error, work, signal)) throw error;
      }
    }
  };
}

/** It failed because of the other device, which is no reason for this one's message to fail. */
function failedOnlyThere(error: unknown, work: Work, signal: AbortSignal): boolean {
  if (work.signal.aborted) return true;
  if (work.signal === signal) return false;
  return error instanceof NotConnectedError || (error instanceof PomboError && OF_A_DEVICE.has(error.code));
}
