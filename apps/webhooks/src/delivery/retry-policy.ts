/** When an event that could not be delivered is tried again, if at all. */
import type { Delivery, Verdict } from '@pombo/store';
import { type Answer, BUSY } from './post-event.js';

export interface RetrySettings {
  /** Pauses between attempts. */
  readonly delaysMs: readonly number[];
  /** Longest pause an endpoint can ask for. */
  readonly retryAfterMaxMs: number;
  /** How long an event is kept; no attempt can be made after that. */
  readonly keptMs: number;
  /** Of this endpoint; absent: as many as there are pauses. */
  readonly retryAttempts?: number | undefined;
}

export interface Decision {
  readonly verdict: Verdict;
  /** Until the next attempt of this event. */
  readonly delayMs: number;
  /** Every event has to wait that long: what the endpoint asked for. */
  readonly holdMs: number;
}

const GONE = 410;
/** Up to this part of a pause is added or taken away, so that what failed together does not come back together. */
const JITTER = 0.1;

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** @param delivery the attempt that has been made. */
export function decide(
  { status, retryAfterMs }: Answer,
  { attempt, entryId }: Pick<Delivery, 'attempt' | 'entryId'>,
  { delaysMs, retryAfterMaxMs, keptMs, retryAttempts = delaysMs.length }: RetrySettings,
  random = Math.random,
): Decision {
  if (isSuccess(status)) return { verdict: 'ok', delayMs: 0, holdMs: 0 };
  if (status === GONE) return { verdict: 'gone', delayMs: 0, holdMs: 0 };
  const askedMs = BUSY.has(status) ? Math.min(retryAfterMs ?? 0, retryAfterMaxMs) : 0;
  const pauseMs = delaysMs[Math.min(attempt, delaysMs.length) - 1] ?? 0;
  const plannedMs = pauseMs * (1 + JITTER * (2 * random() - 1));
  // Never earlier than asked for.
  const holdMs = askedMs * (1 + JITTER * random());
  // Each attempt counts, so one that is asked to come back in seconds keeps to the schedule: it is to last for days.
  const delayMs = Math.max(plannedMs, holdMs);
  // An entry's name begins with the time it was made.
  const leftMs = Number.parseInt(entryId) + keptMs - Date.now();
  return { verdict: attempt > retryAttempts || delayMs >= leftMs ? 'dead' : 'retry', delayMs, holdMs };
}
