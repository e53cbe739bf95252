import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { startRedis } from '../../../scripts/redis.mjs';
import { type Answer, type Harness, openHarness } from './ingress-harness.js';

interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

let dir: string;
let redis: PrivateRedis;
let harness: Harness;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pombo-ingress-redis-'));
  redis = await startRedis({ dir });
  harness = await openHarness({ settings: { REDIS_URL: redis.url } });
  await harness.sendImage();
});
afterEach(async () => {
  await harness.close();
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
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
  const { port } = redis;
  await redis.stop();
  expectUnavailable(await timed(harness.sendImage()));
  expectUnavailable(await timed(harness.call('GET', '/health/ready')));
  expect((await harness.call('GET', '/health/live')).status).toBe(200);

  redis = await startRedis({ dir, port });
  await eventually('it sends again', async () => (await harness.sendImage()).status === 202);
  expect((await harness.call('GET', '/health/ready')).status).toBe(200);
});

test('a Redis that does not answer: 503 in under a second', async () => {
  process.kill(redis.pid, 'SIGSTOP');
  try {
    expectUnavailable(await timed(harness.sendImage()));
  } finally {
    process.kill(redis.pid, 'SIGCONT');
  }
  await eventually('it sends again', async () => (await harness.sendImage()).status === 202);
});

test('a Redis that is too slow for the accept: the 503 names the message, which exists in the end', async () => {
  // The body is sent only when the token has been checked; then the accept is the first to meet the silence.
  const body = JSON.stringify({
    number: '5511999999999',
    image_url: 'https://a.example/b.png',
    device_id: harness.deviceId,
  });
  const { promise, release } = heldBody(body);
  const answering = fetch(`${harness.url}/send/image`, {
    method: 'POST',
    headers: { authorization: harness.token, 'content-type': 'application/json' },
    body: promise,
    duplex: 'half',
  } as RequestInit);
  await harness.store.redis.call('CLIENT', 'PAUSE', '1500', 'WRITE');
  release();
  const response = await answering;
  const answer = (await response.json()) as Record<string, unknown>;
  expect(response.status).toBe(503);
  expect(answer).toMatchObject({ error_code: 'QUEUE_UNAVAILABLE', message_id: expect.stringMatching(/^3EB0/) });
  const id = String(answer['message_id']);
  await eventually('the message exists', async () => harness.store.messages.read(id));
});

function heldBody(text: string): { promise: ReadableStream<Uint8Array>; release: () => void } {
  let release = (): void => undefined;
  const promise = new ReadableStream<Uint8Array>({
    start(controller) {
      release = () => {
        controller.enqueue(new TextEncoder().encode(text));
        controller.close();
      };
    },
  });
  return { promise, release };
}

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
