import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { startChildApp, WORKER } from './harness/child-app.js';
import { createTestSender, type TestSender } from './harness/send-jobs.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

const DEVICES = 12;

let stack: Stack;
let sender: TestSender;
let devices: TestDevice[];
beforeAll(async () => {
  stack = await startStack({
    env: { REBALANCE_AFTER_MS: '500', SEND_ACK_TIMEOUT_MS: '8000', PROBE_TIMEOUT_MS: '500' },
  });
  sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
  devices = [];
  // Where each goes is a matter of its name: with few devices all may be one worker's.
  for (let i = 0; i < DEVICES; i += 1) devices.push(await stack.addPairedDevice());
});
afterAll(() => stack.close());

async function owners(): Promise<Array<string | undefined>> {
  const records = await Promise.all(devices.map(({ deviceId }) => stack.store.devices.read(deviceId)));
  return records.map((record) => (record?.state === 'connected' ? record.owner : undefined));
}
const ownedBy = async (count: number) => {
  const names = await owners();
  return !names.includes(undefined) && new Set(names).size === count;
};

/** One message of each device to a person of its own; all arrive, readable and once. */
async function everyDeviceSends(round: number): Promise<void> {
  const numbers = devices.map((_device, i) => `55119777${round}0${String(i).padStart(2, '0')}0`);
  const content = { type: 'text', text: `round ${round}` } as const;
  const ids = await Promise.all(
    devices.map(({ deviceId }, i) => sender.send({ deviceId, number: numbers[i] ?? '', content })),
  );
  for (const id of ids) await stack.whenState(id, 'delivered');
  for (const [i, number] of numbers.entries()) {
    const { messages } = await stack.sandbox.recipient(number, { messageId: ids[i] ?? '' });
    expect(messages).toMatchObject([{ displayedCount: 1, failures: [] }]);
  }
}

test('workers share the devices, take them over from each other, and no socket writes after its successor', async () => {
  const first = await stack.startWorker();
  await eventually('one has them all', () => ownedBy(1));
  const second = await stack.startWorker();
  await eventually('both have some', () => ownedBy(2));
  await everyDeviceSends(1);
  await first.stop();
  await eventually('the other has them all', () => ownedBy(1));
  await everyDeviceSends(2);
  await second.stop();
  expect(stack.sandbox.counters()).toMatchObject({ refusedAfterSuccessor: 0, replacedSessions: 0, decryptFailures: 0 });
});

test('devices of a worker that was killed are with another within its lease and some seconds', async () => {
  const doomed = startChildApp(WORKER, stack.env);
  await eventually('it has them all', () => ownedBy(1));
  const [owner] = await owners();
  const heir = await stack.startWorker();
  await doomed.kill('SIGKILL');
  await eventually('the other has them all', async () => (await ownedBy(1)) && !(await owners()).includes(owner), {
    timeoutMs: 15_000,
  });
  await everyDeviceSends(3);
  await heir.stop();
});

test('messages of sessions that WhatsApp no longer answers go out over new ones, under the same ids', async () => {
  const worker = await stack.startWorker();
  await eventually('it has them all', () => ownedBy(1));
  stack.sandbox.freezeConnections();
  await everyDeviceSends(4);
  await worker.stop();
});
