import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { createTestSender, type TestSender } from './harness/send-jobs.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let pictures: PictureServer;
let sender: TestSender;
beforeAll(async () => {
  stack = await startStack({ env: { SHUTDOWN_TIMEOUT_MS: '10000' } });
  pictures = await startPictureServer(await makePicture());
  stack.onClose(() => pictures.stop());
  sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
});
afterAll(() => stack.close());

/** By a worker that starts now; the recipient sees one message and can read it. */
async function expectSentBySuccessor(id: string, number: string): Promise<void> {
  const successor = await stack.startWorker();
  await stack.whenState(id, 'delivered');
  const { messages } = await stack.sandbox.recipient(number);
  expect(messages).toMatchObject([{ displayedCount: 1, failures: [] }]);
  await successor.stop();
}

test('a worker stops in time although an upload hangs, and its successor sends the message', async () => {
  const { deviceId } = await stack.addPairedDevice();
  const worker = await stack.startWorker();
  await stack.whenConnected(deviceId);
  stack.sandbox.setFaults({ slowUploadsMs: 30_000 });
  const number = '5511999994001';
  const content = { type: 'image', source: { url: pictures.url('/picture.png') } } as const;
  const id = await sender.send({ deviceId, number, content });
  await eventually('the upload has begun', () => stack.sandbox.counters().uploads.begun > 0);

  const begun = performance.now();
  await worker.stop();
  expect(performance.now() - begun).toBeLessThan(6000);
  expect(await stack.store.messages.read(id)).toMatchObject({ state: 'processing' });

  stack.sandbox.setFaults({ slowUploadsMs: null });
  await expectSentBySuccessor(id, number);
});

test('an acknowledgement that does not come holds no device back that is handed over', async () => {
  const { deviceId } = await stack.addPairedDevice();
  const worker = await stack.startWorker();
  await stack.whenConnected(deviceId);
  const number = '5511999994002';
  // It is off: no receipt says either that the message has arrived.
  stack.sandbox.setFaults({ dropAcks: { number, first: 1 }, absent: [number] });
  const id = await sender.send({ deviceId, number, content: { type: 'text', text: 'was it acknowledged?' } });
  await eventually('it has left', () => stack.sandbox.counters().messages.acksDropped === 1);

  const begun = performance.now();
  await worker.stop();
  expect(performance.now() - begun).toBeLessThan(5_000);
  stack.sandbox.setFaults({ absent: null });
  await expectSentBySuccessor(id, number);
});
