import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { makePicture } from './harness/picture.js';
import { startPictureServer, type PictureServer } from './harness/picture-server.js';
import { createTestSender, type TestSender } from './harness/send-jobs.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let pictures: PictureServer;
let sender: TestSender;
beforeAll(async () => {
  stack = await startStack();
  pictures = await startPictureServer(await makePicture());
  stack.onClose(() => pictures.stop());
  sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
});
afterAll(() => stack.close());

const imageTo = (deviceId: string, number: string) =>
  sender.send({ deviceId, number, content: { type: 'image', source: { url: pictures.url('/picture.png') } } });

test('a device paired by QR is connected again after a restart, without a new code', async () => {
  const { store, sandbox, tenantId } = stack;
  const device = await store.devices.create(tenantId, 'by QR');
  const { id } = device;
  const worker = await stack.startWorker();
  await store.deviceOrders.requestPairing(device, Date.now() + 60_000);
  const { qr } = await eventually('a code is shown', () => store.devices.codes.readQr(id));
  const linked = await sandbox.pairQr(qr);
  await stack.whenConnected(id);
  expect(await store.devices.read(id)).toMatchObject({ paired: true, phone: linked.phone });
  expect(await store.devices.codes.readQr(id)).toBeUndefined();

  await worker.stop();
  expect((await store.devices.read(id))?.state).toBe('offline');
  expect(await store.devices.owner(id)).toBeUndefined();

  const successor = await stack.startWorker();
  await stack.whenConnected(id);
  expect(await store.devices.codes.readQr(id)).toBeUndefined();
  const message = await imageTo(id, '5511999990004');
  await stack.whenState(message, 'delivered');
  await successor.stop();
});

test('messages accepted while no worker runs are sent in order when one starts', async () => {
  const device = await stack.addPairedDevice();
  const number = '5511999990005';
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) ids.push(await imageTo(device.deviceId, number));
  for (const id of ids) expect((await stack.store.messages.read(id))?.state).toBe('queued');

  const worker = await stack.startWorker();
  for (const id of ids) await stack.whenState(id, 'delivered');
  const { messages } = await stack.sandbox.recipient(number);
  expect(messages.map(({ id }) => id)).toEqual(ids);
  await worker.stop();
});

test('a message that nobody could send in time is expired, not sent', async () => {
  const device = await stack.addPairedDevice();
  const number = '5511999990006';
  const content = { type: 'image', source: { url: pictures.url('/picture.png') } } as const;
  const id = await sender.send({ deviceId: device.deviceId, number, content, expiresInMs: 1 });
  const worker = await stack.startWorker();
  const record = await stack.whenState(id, 'expired');
  expect(record.errorCode).toBe('EXPIRED');
  expect((await stack.sandbox.recipient(number)).messages).toEqual([]);
  await worker.stop();
});

test('jobs survive a device that drops its connection in the middle of a campaign', async () => {
  const device = await stack.addPairedDevice();
  const worker = await stack.startWorker();
  await stack.whenConnected(device.deviceId);
  const numbers = Array.from({ length: 12 }, (_, i) => `55119999910${String(i).padStart(2, '0')}`);
  const ids = await Promise.all(numbers.map((number) => imageTo(device.deviceId, number)));
  await stack.whenState(ids[2] ?? '', 'sent', 'delivered');
  stack.sandbox.cutConnections(device.jid);
  for (const id of ids) await stack.whenState(id, 'delivered');
  for (const number of numbers) {
    const { messages } = await stack.sandbox.recipient(number);
    expect(messages).toMatchObject([{ displayedCount: 1, failures: [] }]);
  }
  await worker.stop();
});
