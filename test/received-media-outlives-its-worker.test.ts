/** A worker that stops or dies while it fetches what somebody sent leaves it to the device's next worker. */
import { createHash } from 'node:crypto';
import { createWebhookId, createWebhookSecret } from '@pombo/store';
import { eventually } from '@pombo/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ApiClient } from './harness/api-client.js';
import { type ChildApp, startChildApp, WORKER } from './harness/child-app.js';
import { makePicture } from './harness/picture.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

const NUMBER = '5511999990077';
/** Longer than a test takes. */
const FOR_EVER_MS = 10 * 60_000;
let stack: Stack;
let api: ApiClient;
let device: TestDevice;
let original: string;
let sha256: string | undefined;
let worker: ChildApp;

beforeAll(async () => {
  stack = await startStack({ env: { MEDIA_DOWNLOAD_TIMEOUT_MS: '60000', SHUTDOWN_TIMEOUT_MS: '10000' } });
  await stack.store.webhooks.endpoints.put({
    ...{ id: createWebhookId(), tenantId: stack.tenantId, userId: 'usr_test', single: false, url: 'https://a.example' },
    ...{ events: ['message.received'], deviceIds: [], headers: {}, enabled: true },
    ...{ description: '', secrets: [{ secret: createWebhookSecret() }] },
  });
  device = await stack.addPairedDevice();
  api = await stack.startIngress();
  worker = startChildApp(WORKER, stack.env);
  stack.onClose(() => worker.kill('SIGKILL'));
  const image = (await makePicture()).toString('base64');
  original = String((await api.post('/send/image', { number: NUMBER, image })).body['message_id']);
  await stack.whenState(original, 'sent', 'delivered', 'read');
  const phone = await eventually('the picture reaches the phone', async () => {
    const { messages } = await stack.sandbox.recipient(NUMBER, { messageId: original, withMediaBytes: true });
    return messages[0];
  });
  sha256 = phone.media?.sha256;
});
afterAll(() => stack.close());

const downloads = (): number => stack.sandbox.counters().downloads.count;
const mediaOf = (id: string) =>
  fetch(`${api.url}/messages/${id}/media`, { headers: { authorization: `Bearer ${api.token}` } });

/** Somebody writes; resolves when the worker is in the middle of fetching the picture. */
async function writePicture(): Promise<string> {
  await stack.whenConnected(device.deviceId);
  const before = downloads();
  stack.sandbox.setFaults({ slowDownloadsMs: FOR_EVER_MS });
  const { id } = await stack.sandbox.write(NUMBER, device.jid, { forward: original });
  await eventually('the worker fetches the picture', () => downloads() > before);
  return id;
}

test.each(['SIGKILL', 'SIGTERM'] as const)('a worker that gets %s while fetching', async (signal) => {
  const id = await writePicture();
  await worker.kill(signal);
  stack.sandbox.setFaults({ slowDownloadsMs: null });
  const before = downloads();
  worker = startChildApp(WORKER, stack.env);
  const answer = await eventually(
    'its successor has fetched it',
    async () => {
      const { fate } = (await stack.store.received.find([device.deviceId], id)) ?? {};
      return fate === 'pending' ? undefined : mediaOf(id);
    },
    { timeoutMs: 50_000 },
  );
  expect(answer.status).toBe(200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  expect(downloads()).toBe(before + 1);
  expect(await stack.store.received.listPending(device.deviceId)).toEqual([]);
  expect(await stack.store.received.find([device.deviceId], id)).not.toHaveProperty('reference');
});

test('what is gone from WhatsApp’s media host is said to be lost by the successor', async () => {
  const id = await writePicture();
  await worker.kill('SIGKILL');
  await stack.sandbox.forgetMedia();
  stack.sandbox.setFaults({ slowDownloadsMs: null });
  worker = startChildApp(WORKER, stack.env);
  await eventually(
    'it is given up',
    async () => (await stack.store.received.find([device.deviceId], id))?.fate === 'failed',
    { timeoutMs: 50_000 },
  );
  const answer = await api.get(`/messages/${id}/media`);
  expect({ status: answer.status, code: answer.body['error_code'] }).toEqual({ status: 404, code: 'MEDIA_NOT_FOUND' });
});
