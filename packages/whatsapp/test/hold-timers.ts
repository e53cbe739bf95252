import { jest } from '@jest/globals';

/** What Node and the tests themselves wait with. */
const REAL = ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] as const;

/** From now on `setTimeout` goes off when the test says so. */
export function holdTimers(): void {
  jest.useFakeTimers({ doNotFake: [...REAL, 'Date', 'setInterval'] });
}

/** From now on the clock and everything that goes by it stands still until the test moves it on. */
export function holdClock(): void {
  jest.useFakeTimers({ doNotFake: [...REAL] });
}
