/**
 * How many sessions of a process connect at once. A hundred that begin together (a worker took over another's, a network
 * came back) would all be slow, and look like an attack; a few at a time, the first are back at once.
 */
import { Semaphore } from 'async-mutex';

export interface ConnectSlots {
  /** Waits for a slot. @returns what gives it back; more than once does nothing. */
  take(): Promise<() => void>;
}

export interface SharedConnectSlots extends ConnectSlots {
  /** The same slots for sessions that go before all others: of devices that were sending until a moment ago. */
  readonly first: ConnectSlots;
}

export function createConnectSlots(count: number): SharedConnectSlots {
  const semaphore = new Semaphore(count);
  const takeWith = (priority: number) => async (): Promise<() => void> => {
    const [, release] = await semaphore.acquire(1, priority);
    return release;
  };
  return { take: takeWith(0), first: { take: takeWith(1) } };
}
