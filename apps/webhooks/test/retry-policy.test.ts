/** The schedule as it is in life. */
import { MAX_RETRY_ATTEMPTS } from '@pombo/contracts';
import { DAY, loadConfig, MINUTE, SECOND } from '@pombo/runtime';
import { testEnvironment } from '@pombo/testing';
import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../src/delivery/post-event.js';
import { decide } from '../src/delivery/retry-policy.js';

const config = loadConfig(testEnvironment());
const SETTINGS = {
  delaysMs: config.WEBHOOK_RETRY_DELAYS_MS,
  retryAfterMaxMs: config.WEBHOOK_RETRY_AFTER_MAX_MS,
  keptMs: config.WEBHOOK_RETENTION_MS,
};
/** No jitter in the pauses of the schedule. */
const middle = (): number => 0.5;

const busy = (retryAfterMs: number | undefined): Answer => ({
  ...{ status: 503, error: 'status', text: '', latencyMs: 1 },
  retryAfterMs,
});

/** An attempt to deliver an event that came so long ago. */
const attemptAt = (attempt: number, ageMs = 0) => ({ attempt, entryId: `${Date.now() - ageMs}-0` });

/** All attempts of an event whose endpoint always answers the same. */
function exhaust(answer: Answer, retryAttempts?: number) {
  const made = [];
  let ageMs = 0;
  for (let attempt = 1; ; attempt += 1) {
    const decision = decide(answer, attemptAt(attempt, ageMs), { ...SETTINGS, retryAttempts }, middle);
    if (decision.verdict !== 'retry') return { made, attempts: attempt, ageMs, last: decision };
    made.push(decision);
    ageMs += decision.delayMs;
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
  const third = decide(busy(5 * SECOND), attemptAt(3), SETTINGS, middle);
  expect(third.delayMs).toBe(5 * MINUTE);
  expect(third.holdMs).toBeGreaterThanOrEqual(5 * SECOND);
  expect(third.holdMs).toBeLessThan(6 * SECOND);
  expect(decide(busy(undefined), attemptAt(3), SETTINGS, middle).holdMs).toBe(0);
});

test('a pause that is asked for is never cut short, unless it is longer than allowed', () => {
  const first = decide(busy(10 * MINUTE), attemptAt(1), SETTINGS, middle);
  expect(first.delayMs).toBeGreaterThanOrEqual(10 * MINUTE);
  expect(first.delayMs).toBe(first.holdMs);
  expect(decide(busy(100 * DAY), attemptAt(1), SETTINGS, () => 0).holdMs).toBe(DAY);
});

test('more attempts than the time an event is kept has room for end in a dead letter, not in nothing', () => {
  const { attempts, ageMs, last } = exhaust(busy(undefined), MAX_RETRY_ATTEMPTS);
  expect(last.verdict).toBe('dead');
  expect(attempts).toBeLessThan(MAX_RETRY_ATTEMPTS);
  expect(ageMs).toBeLessThan(config.WEBHOOK_RETENTION_MS);
  expect(ageMs + last.delayMs).toBeGreaterThanOrEqual(config.WEBHOOK_RETENTION_MS);
});
