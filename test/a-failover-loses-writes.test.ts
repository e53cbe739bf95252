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

const NUMBER = '5511999990061';

/** Replication is asynchronous: what the master confirmed last a promoted replica may not have. */
test('a worker that goes on with what a promoted replica has sends what the phone can read', async () => {
  const { store, sandbox } = stack;
  const { redis, keys } = store;
  const { deviceId } = await stack.addPairedDevice();
  const send = async (): Promise<string> => {
    const id = await sender.send({ deviceId, number: NUMBER, content: { type: 'text', text: 'hello' } });
    await stack.whenState(id, 'delivered');
    return id;
  };
  const worker = await stack.startWorker();
  await stack.whenConnected(deviceId);
  await send();
  const replicated = await redis.dumpBuffer(keys.auth(deviceId));
  await send();
  await send();
  await worker.stop();

  await redis.restore(keys.auth(deviceId), 0, replicated ?? '', 'REPLACE');
  await redis.hset(keys.lease(deviceId), 'history', 'f'.repeat(40));
  const successor = await stack.startWorker();
  const id = await send();
  const { messages } = await sandbox.recipient(NUMBER);
  expect(messages.find((message) => message.id === id)).toMatchObject({ displayedCount: 1, failures: [] });
  expect(sandbox.counters().decryptFailures).toBe(0);
  await successor.stop();
});
