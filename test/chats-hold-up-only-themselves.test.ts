import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { createTestSender, type TestSender } from './harness/send-jobs.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let pictures: PictureServer;
let sender: TestSender;
beforeAll(async () => {
  // Receipts come so late that only acknowledgements settle messages.
  stack = await startStack({ env: { SEND_ACK_TIMEOUT_MS: '1500' }, sandbox: { receiptDelayMs: 30_000 } });
  pictures = await startPictureServer(await makePicture());
  stack.onClose(() => pictures.stop());
  sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
});
afterAll(() => stack.close());

const imageTo = (deviceId: string, number: string, delay = 0) =>
  sender.send({ deviceId, number, content: { type: 'image', source: { url: pictures.url('/picture.png') }, delay } });

test('a message that is typed for a while holds up no other chat', async () => {
  const { deviceId } = await stack.addPairedDevice();
  const worker = await stack.startWorker();
  await stack.whenConnected(deviceId);
  const typed = await imageTo(deviceId, '5511999992001', 4);
  await stack.whenState(typed, 'processing');
  const other = await imageTo(deviceId, '5511999992002');
  await stack.whenState(other, 'sent');
  expect((await stack.store.messages.read(typed))?.state).toBe('processing');
  await stack.whenState(typed, 'sent');
  await worker.stop();
});

test('a chat that is slow holds up no other, although hundreds of its messages stand before them', async () => {
  const { deviceId } = await stack.addPairedDevice();
  const text = (number: string, delay?: number, priority: 'normal' | 'bulk' = 'normal') =>
    sender.send({ deviceId, number, priority, content: { type: 'text', text: 'hello', ...(delay ? { delay } : {}) } });
  const slow: string[] = [];
  for (let i = 0; i < 300; i += 1) slow.push(await text('5511999992005', 60));
  const others = await Promise.all([6, 7, 8].map((i) => text(`551199999200${i}`)));
  const bulk = await text('5511999992009', undefined, 'bulk');
  const worker = await stack.startWorker();
  for (const id of [...others, bulk]) await stack.whenState(id, 'sent');
  expect((await stack.store.messages.read(slow[0] ?? ''))?.state).toBe('processing');
  // Neither prepared nor begun: it costs nothing to pass them by.
  expect((await stack.store.messages.read(slow[299] ?? ''))?.state).toBe('queued');
  await worker.stop();
});

test('a message that is not acknowledged holds up other chats for one wait, not for all its resends', async () => {
  const { deviceId } = await stack.addPairedDevice();
  const worker = await stack.startWorker();
  await stack.whenConnected(deviceId);
  const number = '5511999992003';
  stack.sandbox.setFaults({ dropAcks: { number } });
  const silent = await imageTo(deviceId, number);
  await stack.whenState(silent, 'processing');
  const other = await imageTo(deviceId, '5511999992004');
  await stack.whenState(other, 'sent');
  expect((await stack.store.messages.read(silent))?.attempts).toBeLessThan(3);
  stack.sandbox.setFaults({ dropAcks: null });
  await worker.stop();
});
