import { setTimeout as pause } from 'node:timers/promises';
import { expectedError } from './run-command.mjs';

/**
 * Asks until the answer is something, or time is up.
 * @template T
 * @param {string} what is waited for, for the error
 * @param {() => Promise<T | undefined>} probe what it throws counts as "not yet"; the last reason is told at the end
 * @param {{ deadlineMs: number, everyMs?: number, signal?: AbortSignal }} options `signal` ends the waiting at once
 * @returns {Promise<T>}
 */
export async function waitUntil(what, probe, { deadlineMs, everyMs = 100, signal }) {
  const deadline = Date.now() + deadlineMs;
  let reason = '';
  for (;;) {
    signal?.throwIfAborted();
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
    } catch (error) {
      reason = ` (${error.cause?.message ?? error.message})`;
    }
    if (Date.now() >= deadline) {
      throw expectedError(`Gave up waiting for ${what} after ${Math.round(deadlineMs / 1000)} s${reason}.`);
    }
    // Aborted, the timer rejects with an error of its own; the reason is what the next round throws.
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
