/** The suite's own look at Redis, which it takes away. */
import { setTimeout as pause } from 'node:timers/promises';

const AWAY_MS = 60_000;
const RETRY_MS = 100;

/** @template T @param {() => Promise<T>} ask @returns {Promise<T>} what it resolves with, once it does. */
export async function retried(ask) {
  const deadline = Date.now() + AWAY_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(RETRY_MS);
    }
  }
}
