/** When an event that could not be delivered is tried again, if at all. */
import type { Verdict } from '@pombo/store';
import { type Answer, BUSY } from './post-event.js';

export interface RetrySettings {
  /** Pauses between attempts. */
  readonly delaysMs: readonly number[];
  /** Longest pause an endpoint can ask for. */
  readonly retryAfterMaxMs: number;
  /** Of this endpoint; absent: as many as there are pauses. */
  readonly retryAttempts?: number | undefined;
}

export interface Decision {
  readonly verdict: Verdict;
  readonly delayMs: number;
  /** Every event has to wait that long. */
  readonly holdsAll: boolean;
}

const GONE = 410;
/** Up to this part of a pause is added or taken away, so that what failed together does not come back together. */
const JITTER = 0.1;

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** @param attempt that has been made, from 1. */
export function decide(
  { status, retryAfterMs }: Answer,
  attempt: number,
  { delaysMs, retryAfterMaxMs, retryAttempts = delaysMs.length }: RetrySettings,
  random = Math.random,
): Decision {
  if (isSuccess(status)) return { verdict: 'ok', delayMs: 0, holdsAll: false };
  if (status === GONE) return { verdict: 'gone', delayMs: 0, holdsAll: false };
  const asked = BUSY.has(status) ? retryAfterMs : undefined;
  const pauseMs = delaysMs[Math.min(attempt, delaysMs.length) - 1] ?? 0;
  const plannedMs = pauseMs * (1 + JITTER * (2 * random() - 1));
  // Never earlier than asked for.
  const delayMs = asked === undefined ? plannedMs : Math.min(asked, retryAfterMaxMs) * (1 + JITTER * random());
  return { verdict: attempt > retryAttempts ? 'dead' : 'retry', delayMs, holdsAll: asked !== undefined };
}
