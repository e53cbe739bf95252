/** WhatsApp restricts an account that wrote to too many strangers: only new chats wait, and only as long as it lasts. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { shardOfDevice } from '@pombo/contracts';
import { eventually } from '@pombo/testing';
import { createTestSender, type TestSender } from './harness/send-jobs.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

let stack: Stack;
let sender: TestSender;
let device: TestDevice;
beforeAll(async () => {
  stack = await startStack();
  sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
});
afterAll(() => stack.close());
beforeEach(async () => {
  stack.sandbox.clearFaults();
  device = await stack.addPairedDevice();
});

const text = (number: string, expiresInMs?: number) =>
  sender.send({
    ...{ deviceId: device.deviceId, number, content: { type: 'text', text: 'hello' } },
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  });
const stateOf = async (id: string) => (await stack.store.messages.read(id))?.state;
const events = async () => {
  const all = await stack.store.outbox.read(shardOfDevice(device.deviceId), 1000);
  return all.filter(({ deviceId }) => deviceId === device.deviceId).map(({ event }) => event);
};
const secondsFromNow = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

test('a refused message fails, new chats wait until the lock ends, known ones go on, also after a restart', async () => {
  const { store, sandbox } = stack;
  const first = await stack.startWorker();
  await stack.whenConnected(device.deviceId);
  const [known, stranger] = ['5511999993001', '5511999993003'];
  await stack.whenState(await text(known), 'sent', 'delivered');

  const endsAtSeconds = secondsFromNow(8);
  sandbox.setFaults({ nack: { code: '463', number: stranger }, reachoutTimelock: { active: true, endsAtSeconds } });
  const refused = await stack.whenState(await text(stranger), 'failed');
  expect(refused).toMatchObject({ errorCode: 'ACCOUNT_RESTRICTED', attempts: 1 });
  const restriction = await eventually('the lock is known', () => store.restrictions.read(device.deviceId));
  expect(restriction.until).toBe(endsAtSeconds * 1000);
  expect((await events()).filter((event) => event === 'device.restricted')).toHaveLength(1);
  sandbox.setFaults({ nack: null });

  // The refused one is a new chat still, whatever was dispatched.
  const [again, other, late] = await Promise.all([text(stranger), text('5511999993004'), text('5511999993005', 1500)]);
  await stack.whenState(await text(known), 'sent', 'delivered');
  await stack.whenState(late, 'expired');
  await first.stop();

  const second = await stack.startWorker();
  await stack.whenState(await text(known), 'sent', 'delivered');
  expect([await stateOf(again), await stateOf(other)]).not.toContain('sent');
  expect(Date.now()).toBeLessThan(endsAtSeconds * 1000);
  await stack.whenState(again, 'sent', 'delivered');
  await stack.whenState(other, 'sent', 'delivered');
  expect(Date.now()).toBeGreaterThanOrEqual(endsAtSeconds * 1000);
  expect(await store.restrictions.read(device.deviceId)).toBeUndefined();
  expect((await events()).filter((event) => event === 'device.restricted')).toHaveLength(1);
  await second.stop();
});

test('a refusal without a lock holds nothing', async () => {
  const { store, sandbox } = stack;
  const worker = await stack.startWorker();
  await stack.whenConnected(device.deviceId);
  sandbox.setFaults({ nack: { code: '463', number: '5511999993011', first: 1 } });
  await stack.whenState(await text('5511999993011'), 'failed');
  await stack.whenState(await text('5511999993012'), 'sent', 'delivered');
  await stack.whenState(await text('5511999993011'), 'sent', 'delivered');
  expect(await store.restrictions.read(device.deviceId)).toBeUndefined();
  expect(await events()).not.toContain('device.restricted');
  await worker.stop();
});

test('whoever wrote to the account is no new chat, whenever that was', async () => {
  const { sandbox, store } = stack;
  const worker = await stack.startWorker();
  await stack.whenConnected(device.deviceId);
  const [stranger, writer] = ['5511999993021', '5511999993022'];
  sandbox.setFaults({
    nack: { code: '463', number: stranger },
    reachoutTimelock: { active: true, endsAtSeconds: secondsFromNow(3600) },
  });
  await stack.whenState(await text(stranger), 'failed');
  await eventually('the lock is known', () => store.restrictions.read(device.deviceId));
  const held = await text(writer);
  await stack.whenState(await text(writer, 1000), 'expired');
  expect(await stateOf(held)).not.toBe('sent');
  await sandbox.reply(writer, device.jid, 'who are you?');
  await stack.whenState(held, 'sent', 'delivered');
  await worker.stop();
});

test('the lock WhatsApp lifts before its time lets held messages go', async () => {
  const { sandbox, store } = stack;
  const worker = await stack.startWorker();
  await stack.whenConnected(device.deviceId);
  sandbox.setFaults({
    nack: { code: '463', number: '5511999993031', first: 1 },
    reachoutTimelock: { active: true, endsAtSeconds: secondsFromNow(3600) },
  });
  await stack.whenState(await text('5511999993031'), 'failed');
  await eventually('the lock is known', () => store.restrictions.read(device.deviceId));
  const held = await text('5511999993032');
  await stack.whenState(held, 'processing', 'queued');
  sandbox.setFaults({ reachoutTimelock: null });
  // A device that connects anew asks again.
  sandbox.cutConnections(device.jid);
  await stack.whenState(held, 'sent', 'delivered');
  await worker.stop();
});
