import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { createTestSender, type TestSender } from './harness/send-jobs.js';
import { startStack, type Stack } from './harness/stack.js';

interface RedisScript {
  readonly startRedis: (options: { dir: string }) => Promise<{ readonly url: string; stop(): Promise<void> }>;
}

/** In a variable, since plain JavaScript has no types to look up. */
const SCRIPT: string = '../scripts/redis.mjs';

let stack: Stack;
let pictures: PictureServer;
let picture: Buffer;
let sender: TestSender;
const undos: Array<() => Promise<unknown>> = [];
beforeAll(async () => {
  const { startRedis } = (await import(SCRIPT)) as RedisScript;
  const dir = await mkdtemp(join(tmpdir(), 'pombo-full-redis-'));
  undos.push(() => rm(dir, { recursive: true, force: true }));
  const redis = await startRedis({ dir });
  undos.push(() => redis.stop());
  // Receipts come so late that only acknowledgements settle messages.
  stack = await startStack({ env: { REDIS_URL: redis.url }, sandbox: { receiptDelayMs: 60_000 } });
  undos.push(() => stack.close());
  picture = await makePicture();
  pictures = await startPictureServer(picture);
  stack.onClose(() => pictures.stop());
  sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
});
afterAll(async () => {
  for (const undo of undos.reverse()) await undo();
});

const setMemoryLimit = (bytes: number) => stack.store.redis.config('SET', 'maxmemory', bytes);

test('a message in hand while Redis takes no writes is sent when it does, not failed', async () => {
  const { deviceId } = await stack.addPairedDevice();
  const worker = await stack.startWorker();
  await stack.whenConnected(deviceId);
  let answer: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    pictures.answer('/slow.png', (_request, response) => {
      const give = () => response.writeHead(200, { 'content-type': 'image/png' }).end(picture);
      if (pictures.hits('/slow.png') > 1) return give();
      answer = give;
      resolve();
    });
  });
  const number = '5511999993001';
  const content = { type: 'image', source: { url: pictures.url('/slow.png') } } as const;
  const id = await sender.send({ deviceId, number, content });
  await asked;
  await setMemoryLimit(1);
  answer();
  const end = Date.now() + 2000;
  await eventually('there was time to fail', () => Date.now() > end);
  await setMemoryLimit(0);
  const record = await stack.whenState(id, 'sent');
  expect(record.errorCode).toBeUndefined();
  const { messages } = await stack.sandbox.recipient(number);
  expect(messages).toMatchObject([{ displayedCount: 1, failures: [] }]);
  await worker.stop();
});

test('a message acknowledged while Redis takes no writes ends as sent', async () => {
  const { deviceId } = await stack.addPairedDevice();
  const worker = await stack.startWorker();
  await stack.whenConnected(deviceId);
  pictures.answer('/quick.png', (_request, response) =>
    response.writeHead(200, { 'content-type': 'image/png' }).end(picture),
  );
  stack.sandbox.setFaults({ delayAcksMs: 1000 });
  const number = '5511999993002';
  const content = { type: 'image', source: { url: pictures.url('/quick.png') } } as const;
  const id = await sender.send({ deviceId, number, content });
  await eventually('it reaches the phone', async () => {
    const { messages } = await stack.sandbox.recipient(number);
    return messages.length === 1;
  });
  await setMemoryLimit(1);
  const end = Date.now() + 2000;
  await eventually('it has been acknowledged', () => Date.now() > end);
  await setMemoryLimit(0);
  stack.sandbox.setFaults({ delayAcksMs: null });
  await stack.whenState(id, 'sent');
  await worker.stop();
});
