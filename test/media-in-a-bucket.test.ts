/** Inline media by way of S3, between an ingress and a worker that share no folder. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadConfig, silentLogger } from '@pombo/runtime';
import { startTestBucket, type TestBucket } from '@pombo/testing';
import { createWorker } from '@pombo/worker';
import type { ApiClient } from './harness/api-client.js';
import { makePicture } from './harness/picture.js';
import { startStack, type Stack } from './harness/stack.js';

let bucket: TestBucket;
let stack: Stack;
let api: ApiClient;
let workerDir: string;

beforeAll(async () => {
  bucket = await startTestBucket();
  workerDir = await mkdtemp(join(tmpdir(), 'pombo-worker-media-'));
  stack = await startStack({ env: { ...bucket.env, S3_TIMEOUT_MS: '2000' } });
  stack.onClose(() => rm(workerDir, { recursive: true, force: true }));
  api = await stack.startIngress();
  const device = await stack.addPairedDevice();
  await startWorker({}).start();
  await stack.whenConnected(device.deviceId);
});
afterAll(async () => {
  await stack.close();
  await bucket.close();
});

/** On a machine of its own, as far as folders go. */
function startWorker(more: Readonly<Record<string, string>>) {
  const worker = createWorker(loadConfig({ ...stack.env, MEDIA_DIR: workerDir, ...more }), { logger: silentLogger });
  stack.onClose(() => worker.stop());
  return worker;
}

const inline = async (hue: number) => `data:image/png;base64,${(await makePicture(hue)).toString('base64')}`;

test('a picture in the request reaches the phone, and lies in no folder', async () => {
  const { status, body } = await api.post(
    '/send/image',
    { to: '5511999990701', image: await inline(10) },
    { prefer: 'wait=20' },
  );
  expect(status).toBe(200);
  await stack.whenState(String(body['message_id']), 'delivered', 'read');
  const { messages } = await stack.sandbox.recipient('5511999990701');
  expect(messages).toMatchObject([{ id: body['message_id'], displayedCount: 1, media: { ok: true } }]);
  const folders = await Promise.all(
    [stack.config.MEDIA_DIR, workerDir].map((dir) => readdir(dir, { recursive: true })),
  );
  expect(folders).toEqual([['scratch'], ['scratch']]);
});

test('a file stored ahead is sent as a picture and as a document', async () => {
  const picture = await makePicture(40);
  const stored = await api.upload(picture);
  expect(stored).toMatchObject({ status: 201, body: { mime_type: 'image/png', size_bytes: picture.length } });
  for (const [path, number] of [
    ['/send/image', '5511999990702'],
    ['/send/document', '5511999990703'],
  ] as const) {
    const sent = await api.post(path, { to: number, media_id: stored.body['media_id'] }, { prefer: 'wait=20' });
    expect(sent.status).toBe(200);
    const { messages } = await stack.sandbox.recipient(number);
    expect(messages).toMatchObject([{ media: { ok: true } }]);
  }
});

test('a worker that does not see what the ingress wrote does not start, and names the settings', async () => {
  await expect(startWorker({ S3_PREFIX: 'other/' }).start()).rejects.toThrow(/S3_BUCKET.*S3_PREFIX/);
  await expect(startWorker({ MEDIA_STORE: 'directory' }).start()).rejects.toThrow(/MEDIA_STORE and MEDIA_DIR/);
});

test('while the bucket is away requests hear 503, and what was accepted waits for it', async () => {
  const waiting = await api.post('/send/image', { to: '5511999990704', image: await inline(70), delay: 3 });
  expect(waiting.status).toBe(202);
  await bucket.pause();
  const refused = await api.post('/send/image', { to: '5511999990705', image: await inline(80) });
  expect(refused).toMatchObject({ status: 503, body: { error_code: 'MEDIA_STORE_UNAVAILABLE' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await api.upload(await makePicture(90))).status).toBe(503);
  await stack.whenState(String(waiting.body['message_id']), 'processing');
  await bucket.resume();
  const { attempts } = await stack.whenState(String(waiting.body['message_id']), 'delivered', 'read');
  expect(attempts).toBe(1);
});
