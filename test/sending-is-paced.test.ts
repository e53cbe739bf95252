import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestSender, type TestSender } from './harness/send-jobs.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let sender: TestSender;
beforeAll(async () => {
  stack = await startStack();
  sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
});
afterAll(() => stack.close());

const text = (deviceId: string, number: string, changes: { expiresInMs?: number; priority?: 'high' } = {}) =>
  sender.send({ deviceId, number, content: { type: 'text', text: 'hello' }, ...changes });

test('a device keeps its interval, across workers, and an urgent message is next', async () => {
  const { store } = stack;
  const { deviceId } = await stack.addPairedDevice();
  await store.pacings.change(deviceId, { min_interval_ms: 1200, jitter: 0 });
  const first = await stack.startWorker();
  await stack.whenConnected(deviceId);
  const ids: string[] = [];
  for (let i = 0; i < 4; i += 1) ids.push(await text(deviceId, `551199999410${i}`));
  await stack.whenState(ids[0] ?? '', 'sent', 'delivered');
  const expired = await text(deviceId, '5511999994110', { expiresInMs: 300 });
  const urgent = await text(deviceId, '5511999994111', { priority: 'high' });
  await stack.whenState(urgent, 'sent', 'delivered');
  await stack.whenState(expired, 'expired');
  expect((await store.messages.read(ids[2] ?? ''))?.dispatchedAt).toBeUndefined();
  await first.stop();

  const second = await stack.startWorker();
  const sent = await Promise.all([...ids, urgent].map((id) => stack.whenState(id, 'sent', 'delivered')));
  const times = sent.map(({ dispatchedAt = 0 }) => dispatchedAt).sort((a, b) => a - b);
  for (let i = 1; i < times.length; i += 1) {
    expect((times[i] ?? 0) - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(1200);
  }
  expect((await store.pacings.read(deviceId, stack.config.PACING)).sentLastDay).toBe(5);
  await second.stop();
});

test('new chats beyond the budget wait without holding up known ones, and a changed limit takes effect at once', async () => {
  const { store } = stack;
  const { deviceId } = await stack.addPairedDevice();
  await store.pacings.change(deviceId, { new_chats_per_day: 1 });
  const worker = await stack.startWorker();
  await stack.whenConnected(deviceId);
  const known = '5511999994201';
  await stack.whenState(await text(deviceId, known), 'sent', 'delivered');
  const strangers = await Promise.all([2, 3, 4].map((i) => text(deviceId, `551199999420${i}`)));
  await stack.whenState(await text(deviceId, known), 'sent', 'delivered');
  for (const id of strangers) expect((await store.messages.read(id))?.dispatchedAt).toBeUndefined();
  await store.pacings.change(deviceId, { new_chats_per_day: null });
  for (const id of strangers) await stack.whenState(id, 'sent', 'delivered');
  await worker.stop();
});
