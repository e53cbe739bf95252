/** The schedule as it is in life. */
import { DAY, loadConfig, MINUTE, SECOND } from '@pombo/runtime';
import { testEnvironment } from '@pombo/testing';
import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../src/delivery/post-event.js';
import { decide } from '../src/delivery/retry-policy.js';

const config = loadConfig(testEnvironment());
const SETTINGS = { delaysMs: config.WEBHOOK_RETRY_DELAYS_MS, retryAfterMaxMs: config.WEBHOOK_RETRY_AFTER_MAX_MS };
/** No jitter in the pauses of the schedule. */
const middle = (): number => 0.5;

const busy = (retryAfterMs: number | undefined): Answer => ({
  ...{ status: 503, error: 'status', text: '', latencyMs: 1 },
  retryAfterMs,
});

/** All attempts of an event whose endpoint always answers the same. */
function exhaust(answer: Answer) {
  const made = [];
  for (let attempt = 1; ; attempt += 1) {
    const decision = decide(answer, attempt, SETTINGS, middle);
    if (decision.verdict !== 'retry') return { made, attempts: attempt, last: decision };
    made.push(decision);
  }
}
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('an endpoint that is down for long', () => {
  test.each([
    ['says when to come back', 5 * SECOND],
    ['says nothing', undefined],
  ])('and %s is tried over three days', (_how, retryAfterMs) => {
    const { made, attempts, last } = exhaust(busy(retryAfterMs));
    expect({ attempts, verdict: last.verdict }).toEqual({ attempts: 10, verdict: 'dead' });
    expect(sum(made.map(({ delayMs }) => delayMs))).toBeGreaterThan(3 * DAY);
  });
});

test('all events wait for what was asked, and the one that was refused also for its own pause', () => {
  const third = decide(busy(5 * SECOND), 3, SETTINGS, middle);
  expect(third.delayMs).toBe(5 * MINUTE);
  expect(third.holdMs).toBeGreaterThanOrEqual(5 * SECOND);
  expect(third.holdMs).toBeLessThan(6 * SECOND);
  expect(decide(busy(undefined), 3, SETTINGS, middle).holdMs).toBe(0);
});

test('a pause that is asked for is never cut short, unless it is longer than allowed', () => {
  const first = decide(busy(10 * MINUTE), 1, SETTINGS, middle);
  expect(first.delayMs).toBeGreaterThanOrEqual(10 * MINUTE);
  expect(first.delayMs).toBe(first.holdMs);
  expect(decide(busy(100 * DAY), 1, SETTINGS, () => 0).holdMs).toBe(DAY);
});
