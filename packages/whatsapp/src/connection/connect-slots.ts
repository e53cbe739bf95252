/**
 * How many sessions of a process connect at once. A hundred that begin together (a worker took over another's, a network
 * came back) would all be slow, and look like an attack; a few at a time, the first are back at once.
 */
import { Semaphore } from 'async-mutex';

export interface ConnectSlots {
  /** Waits for a slot. @returns what gives it back; more than once does nothing. */
  take(): Promise<() => void>;
}

export function createConnectSlots(count: number): ConnectSlots {
  const semaphore = new Semaphore(count);
  return {
    async take() {
      const [, release] = await semaphore.acquire();
      return release;
    },
  };
}
