import { jest } from '@jest/globals';

/** From now on `setTimeout` goes off when the test says so; what Node and the tests themselves wait with stays real. */
export function holdTimers(): void {
  jest.useFakeTimers({
    doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date', 'setInterval'],
  });
}
