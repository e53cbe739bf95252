import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { shardOfDevice } from '@pombo/contracts';
import { silentLogger } from '@pombo/runtime';
import { createLeases, type HeldLease } from '@pombo/store';
import { openTestStore, type TestStore } from '@pombo/testing';
import { createDeviceReporter } from '../src/devices/device-reporter.js';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

const identity = { jid: '5511999990000:3@s.whatsapp.net', lid: undefined, phone: '5511999990000' };

async function claim(deviceId: string, owner: string): Promise<HeldLease> {
  const { redis, store } = context;
  await redis.hdel(store.keys.lease(deviceId), 'owner');
  await store.workers.beat({ name: owner, capacity: 1, draining: false }, 60_000);
  const lease = await createLeases(redis, store.keys, owner).claim(deviceId);
  if (!lease) throw new Error('the device has another owner');
  return lease;
}

test('an owner that was replaced no longer says what the device is', async () => {
  const { store } = context;
  const { id } = await store.devices.create('ten_a', 'phone');
  const old = createDeviceReporter(await claim(id, 'worker-1'), store, silentLogger);
  old.connected(identity);
  await old.settled();
  const current = createDeviceReporter(await claim(id, 'worker-2'), store, silentLogger);
  current.connected(identity);
  await current.settled();

  old.stateChanged('waiting', 'replaced');
  old.released();
  await old.settled();
  expect((await store.devices.read(id))?.state).toBe('connected');
  const events = await store.outbox.read(shardOfDevice(id), 10);
  expect(events.map(({ event }) => event)).toEqual(['device.connected', 'device.connected']);
  expect(events[0]?.data).toEqual({ jid: identity.jid, phone_number: identity.phone });
});

test('a code is shown no longer than the connection it came by', async () => {
  const { store } = context;
  const { id } = await store.devices.create('ten_a', 'phone');
  const reporter = createDeviceReporter(await claim(id, 'worker-1'), store, silentLogger);
  reporter.stateChanged('pairing', undefined);
  reporter.codeShown('2@code', 60_000);
  reporter.linkCodeShown({ code: 'ABCD1234', phone: identity.phone, expiresAt: Date.now() + 60_000 });
  await reporter.settled();
  expect(await store.devices.codes.readQr(id)).toBeDefined();
  reporter.stateChanged('waiting', 'lost');
  await reporter.settled();
  expect(await store.devices.codes.readQr(id)).toBeUndefined();
  expect(await store.devices.codes.readLink(id)).toBeUndefined();
});

test('what a session reports is written in one step with the event that tells of it', async () => {
  const { redis, store } = context;
  const { id } = await store.devices.create('ten_a', 'phone');
  const reporter = createDeviceReporter(await claim(id, 'worker-1'), store, silentLogger);
  const sent: string[] = [];
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    sent.push(command.name);
    return send(command, stream);
  };
  reporter.connected(identity);
  reporter.codeShown('2@code', 20_000);
  await reporter.settled();
  redis.sendCommand = send;
  expect(sent.map((name) => name.replace('evalsha', 'eval'))).toEqual(['eval', 'eval']);
  expect((await store.devices.read(id))?.state).toBe('connected');
  const events = await store.outbox.read(shardOfDevice(id), 10);
  expect(events.map(({ event }) => event)).toEqual(['device.connected', 'qr.generated']);
});
