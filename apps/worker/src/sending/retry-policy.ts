/** What an error of preparing or sending asks for: the one table from error to action. */
import { PomboError } from '@pombo/contracts';
import { isRedisUnavailable, SECOND } from '@pombo/runtime';
import { NotConnectedError, UnknownOutcomeError } from '@pombo/whatsapp';

export type Action =
  /** Try again after a pause, a bounded number of times. */
  | 'retry'
  /** Wait for the device to be connected, however long that takes. */
  | 'wait'
  /** Redis takes no writes now (out of memory, no replica), or the bucket with the media is away: again after `STAND_BY_MS`, however long that takes. */
  | 'stand-by'
  /** Bytes may have left: once more under the same id, a bounded number of times. */
  | 'resend'
  /** The message ends `failed`. */
  | 'give-up';

export const STAND_BY_MS = SECOND;

export function actionFor(error: unknown): Action {
  if (error instanceof NotConnectedError) return 'wait';
  if (error instanceof UnknownOutcomeError) return 'resend';
  if (isRedisUnavailable(error) || isMediaStoreAway(error)) return 'stand-by';
  return error instanceof PomboError && error.retryable ? 'retry' : 'give-up';
}

const isMediaStoreAway = (error: unknown): boolean =>
  error instanceof PomboError && error.code === 'MEDIA_STORE_UNAVAILABLE';

const LONGEST_DELAY_MS = 8 * SECOND;

/** 1, 2, 4, 8, 8 … s, the upper half random. @param attempt from 1. */
export function retryDelayMs(attempt: number, random = Math.random): number {
  const base = Math.min(SECOND * 2 ** (attempt - 1), LONGEST_DELAY_MS);
  return base / 2 + (random() * base) / 2;
}
