import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { type Answer, type Harness, openHarness } from './ingress-harness.js';
import { createPrivateRedis, type PrivateRedis } from './private-redis.js';
import { createSlowProxy } from './slow-proxy.js';

/** Other tests give a busy machine more. */
const AS_BY_DEFAULT = { REDIS_COMMAND_TIMEOUT_MS: '700' };

let redis: PrivateRedis;
let harness: Harness;

beforeEach(async () => {
  redis = await createPrivateRedis();
  harness = await openHarness({ settings: { ...AS_BY_DEFAULT, REDIS_URL: redis.url } });
  await harness.sendImage();
});
afterEach(async () => {
  await harness.close();
  await redis.remove();
});

async function timed(work: Promise<Answer>): Promise<Answer & { tookMs: number }> {
  const startedAt = performance.now();
  const answer = await work;
  return { ...answer, tookMs: performance.now() - startedAt };
}

function expectUnavailable(answer: Answer & { tookMs: number }): void {
  expect(answer.status).toBe(503);
  expect(answer.body).toMatchObject({
    success: false,
    error_code: 'QUEUE_UNAVAILABLE',
    request_id: expect.any(String),
  });
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(answer.tookMs).toBeLessThan(1_000);
}

test('a Redis that is down: 503 at once, and service again when it is back', async () => {
  await redis.stop();
  expectUnavailable(await timed(harness.sendImage()));
  expectUnavailable(await timed(harness.call('GET', '/health/ready')));
  expect((await harness.call('GET', '/health/live')).status).toBe(200);

  await redis.start();
  await eventually('it sends again', async () => (await harness.sendImage()).status === 202);
  expect((await harness.call('GET', '/health/ready')).status).toBe(200);
});

test('a Redis that does not answer: 503 in under a second', async () => {
  redis.halt();
  try {
    expectUnavailable(await timed(harness.sendImage()));
  } finally {
    redis.resume();
  }
  await eventually('it sends again', async () => (await harness.sendImage()).status === 202);
});

test('a Redis that is silent at the accept: each 503 names its own message, which exists in the end', async () => {
  await harness.store.redis.call('CLIENT', 'PAUSE', '1500', 'WRITE');
  const answers = await Promise.all([1, 2, 3].map(() => timed(harness.sendImage())));
  answers.forEach(expectUnavailable);
  const ids = answers.map(({ body }) => String(body['message_id']));
  expect(new Set(ids).size).toBe(3);
  for (const id of ids) {
    expect(id).toMatch(/^3EB0/);
    await eventually('the message exists', () => harness.store.messages.read(id));
  }
});

test('a Redis that is slow over every command: 503 in under a second', async () => {
  const slow = await createSlowProxy(redis.port);
  const behind = await openHarness({ settings: { ...AS_BY_DEFAULT, REDIS_URL: slow.url } });
  const { token } = await behind.store.tenants.createToken(behind.tenantId, 'admin');
  try {
    // Two commands of one step are too slow together, then those of several.
    slow.setDelayMs(600);
    expectUnavailable(await timed(behind.sendImage()));
    slow.setDelayMs(250);
    expectUnavailable(await timed(behind.sendImage({}, { authorization: `Bearer ${token}` })));
  } finally {
    slow.setDelayMs(0);
    await behind.close();
    await slow.close();
  }
});

test('a Redis that takes no writes: 503', async () => {
  await harness.store.redis.config('SET', 'maxmemory', '1');
  try {
    const answer = await timed(harness.sendImage());
    expectUnavailable(answer);
    expect(await harness.enqueued()).toHaveLength(2);
  } finally {
    await harness.store.redis.config('SET', 'maxmemory', '0');
  }
});
