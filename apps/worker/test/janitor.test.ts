import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type MessageRecord, shardOfDevice } from '@pombo/contracts';
import { createWaitingJobs, type WaitingJobs } from '@pombo/queue';
import { createMetrics, silentLogger } from '@pombo/runtime';
import { createAuthState, createLeases, type LiveWorker } from '@pombo/store';
import { eventually, openTestStore, playOwner, type TestStore } from '@pombo/testing';
import { createTestSender, type TestSender } from '../../../test/harness/send-jobs.js';
import { createJanitor, type JanitorOptions } from '../src/janitor/janitor.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ME: LiveWorker = { name: 'janitor-1', ageMs: 0, capacity: 1, draining: false, connecting: 0, leftMs: 5000 };

let context: TestStore;
let sender: TestSender;
let jobs: WaitingJobs;
let deviceId: string;
let undos: Array<() => Promise<unknown>>;
beforeEach(async () => {
  context = await openTestStore();
  const { store, redis } = context;
  jobs = createWaitingJobs(redis, store.keys);
  sender = createTestSender(store, 'ten_a');
  undos = [() => context.close(), () => sender.close()];
  deviceId = (await store.devices.create('ten_a', 'phone')).id;
  await store.devices.report(deviceId, { paired: true });
});
afterEach(async () => {
  for (const undo of undos.reverse()) await undo();
});

function startJanitor(changes: Partial<JanitorOptions> = {}): void {
  const { store, redis } = context;
  const janitor = createJanitor({
    ...{ store, jobs, name: ME.name, workers: () => [ME], intervalMs: 20, countMs: 40 },
    ...{ loggedOutGraceMs: 60 * MINUTE, sessionRetentionMs: 90 * DAY },
    leases: createLeases(redis, store.keys, ME.name),
    tendMedia: () => Promise.resolve(),
    metrics: createMetrics('test'),
    logger: silentLogger,
    ...changes,
  });
  undos.push(() => janitor.stop());
  janitor.start();
}

const send = (expiresInMs = 10 * MINUTE): Promise<string> =>
  sender.send({ deviceId, number: '5511999990000', content: { type: 'text', text: 'hello' }, expiresInMs });
const read = async (id: string): Promise<MessageRecord | undefined> => context.store.messages.read(id);
const whenState = (id: string, state: string) =>
  eventually(`${id} is ${state}`, async () => ((await read(id))?.state === state ? read(id) : undefined));
const jobOf = async (id: string) => (await jobs.exist([id], deviceId))[0];
const setRecord = (id: string, fields: Record<string, number>) =>
  context.redis.hset(context.store.keys.record(id), fields);
const events = async () => {
  const found = await context.store.outbox.read(shardOfDevice(deviceId), 100);
  return found.map(({ event, messageId }) => `${event} ${messageId ?? ''}`);
};

/** Both rounds that were under way and one after them are over. */
async function someRounds(): Promise<void> {
  const control = await sender.send({
    ...{ deviceId, number: '5511999990001', expiresInMs: 1 },
    content: { type: 'text', text: 'control' },
  });
  await whenState(control, 'expired');
  const again = await sender.send({
    ...{ deviceId, number: '5511999990001', expiresInMs: 1 },
    content: { type: 'text', text: 'control' },
  });
  await whenState(again, 'expired');
}

test('a message expires although no worker owns its device, and leaves no job; others wait on', async () => {
  const [late, patient] = [await send(50), await send()];
  startJanitor();
  expect((await whenState(late, 'expired')).errorCode).toBe('EXPIRED');
  await eventually('its job is gone', async () => !(await jobOf(late)));
  expect((await read(patient))?.state).toBe('queued');
  expect(await jobOf(patient)).toBe(true);
  expect((await events()).filter((event) => event === `message.expired ${late}`)).toHaveLength(1);
  expect(await context.store.devices.waiting(deviceId)).toBe(1);
});

test('messages accepted one after the other expire each in its time', async () => {
  startJanitor();
  const late = await send(300);
  const soon = await send(20);
  await whenState(soon, 'expired');
  expect((await read(late))?.state).toBe('queued');
  await whenState(late, 'expired');
  expect(await context.store.devices.waiting(deviceId)).toBe(0);
});

test('a scheduled message expires when its time to wait after that is over, not before', async () => {
  const id = context.store.messages.createId(deviceId);
  const content = { type: 'text', text: 'later' } as const;
  await sender.send({ deviceId, number: '5511999990000', content, expiresInMs: 1, id, delayMs: 400 });
  startJanitor();
  const { sendAt = 0, expiredAt = 0 } = await whenState(id, 'expired');
  expect(expiredAt).toBeGreaterThan(sendAt);
  await eventually('its job is gone', async () => !(await jobOf(id)));
});

test('what a live owner has dispatched is left alone, and fails when the owner is dead and its time over', async () => {
  const epoch = await playOwner(context.store, deviceId);
  const id = await send();
  await context.store.messages.begin(id, deviceId, epoch);
  await context.store.messages.dispatch(id, deviceId, epoch);
  await setRecord(id, { exp: Date.now() - MINUTE, xAt: Date.now() - 10 * MINUTE });
  startJanitor();
  await someRounds();
  expect((await read(id))?.state).toBe('processing');
  await context.store.workers.leave('played-worker');
  await context.redis.hset(context.store.keys.counters(deviceId), 'soonest', 1);
  expect((await whenState(id, 'failed')).errorCode).toBe('SEND_TIMEOUT');
});

test('what was dispatched a moment ago is not given up, although nobody owns the device any more', async () => {
  const epoch = await playOwner(context.store, deviceId);
  const id = await send();
  await context.store.messages.dispatch(id, deviceId, epoch);
  await setRecord(id, { exp: Date.now() - MINUTE });
  await context.store.workers.leave('played-worker');
  startJanitor();
  await someRounds();
  expect((await read(id))?.state).toBe('queued');
});

test('messages of a device that was logged out fail after a while, unless it is paired again', async () => {
  const { devices } = context.store;
  const id = await send();
  await devices.report(deviceId, { paired: false, state: 'logged_out' });
  startJanitor({ loggedOutGraceMs: 400 });
  const { failedAt = 0, errorCode } = await whenState(id, 'failed');
  expect(errorCode).toBe('DEVICE_NOT_READY');
  expect(failedAt - ((await devices.read(deviceId))?.loggedOutAt ?? 0)).toBeGreaterThanOrEqual(400);

  await devices.report(deviceId, { paired: true });
  const next = await send();
  await devices.report(deviceId, { paired: false, state: 'logged_out' });
  await devices.report(deviceId, { paired: true });
  await someRounds();
  expect((await read(next))?.state).toBe('queued');
});

test('a message without a job is queued again, and a job without a message goes', async () => {
  const [lost, other] = [await send(), await send()];
  await jobs.remove([lost], deviceId, undefined);
  await setRecord(lost, { qAt: Date.now() - 2 * MINUTE });
  startJanitor();
  await eventually('it has a job', () => jobOf(lost));
  await context.redis.del(context.store.keys.record(other));
  await context.redis.hset(context.store.keys.counters(deviceId), 'soonest', 1);
  await eventually('the job is gone', async () => !(await jobOf(other)));
});

test('two janitors at the same device end every message once', async () => {
  const ids = await Promise.all(Array.from({ length: 300 }, () => send(1)));
  startJanitor();
  startJanitor();
  for (const id of ids) await whenState(id, 'expired');
  const expired = (await events()).filter((event) => event.startsWith('message.expired'));
  expect(new Set(expired).size).toBe(expired.length);
  await eventually('no job is left', async () => (await jobs.count(deviceId)) === 0);
  expect(await context.store.devices.waiting(deviceId)).toBe(0);
});

test('of a device that was removed nothing is left but the records of its messages', async () => {
  const { store, redis } = context;
  const id = await send();
  await redis.hset(store.keys.auth(deviceId), 'creds', 'x');
  await redis.del(store.keys.device(deviceId));
  await store.devices.announce(deviceId);
  startJanitor();
  expect((await whenState(id, 'failed')).errorCode).toBe('DEVICE_NOT_READY');
  await eventually('it is forgotten', async () => !(await store.devices.listIds()).includes(deviceId));
  const left = (await redis.keys(`${context.config.REDIS_PREFIX}:*${deviceId}*`)).map((key) => key.split(deviceId)[1]);
  expect(left).toEqual([]);
  expect(await store.devices.listIdsOfTenant('ten_a')).toEqual([]);
});

test('what is known of contacts long not written to is forgotten, and nothing else', async () => {
  const { store, redis } = context;
  const epoch = await playOwner(store, deviceId);
  const auth = createAuthState(redis, store.keys, store.cipher, deviceId, epoch);
  const names = ['creds', 'session:a.0', 'lid-mapping:a', 'sender-key:g', 'pre-key:1'];
  const realNow = Date.now;
  Date.now = () => realNow() - 100 * DAY;
  await auth.write(new Map(names.map((name) => [name, 'old'])));
  Date.now = realNow;
  await auth.write(new Map([['session:b.0', 'new']]));
  startJanitor();
  await eventually('it is forgotten', async () => (await auth.read(['session:a.0']))[0] === undefined);
  expect(await auth.read([...names, 'session:b.0'])).toEqual(['old', undefined, undefined, 'old', 'old', 'new']);
});

test('devices are shared by the janitors of those who are alive', async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, () => send(1)));
  startJanitor({ workers: () => [{ ...ME, name: 'somebody else' }] });
  const end = Date.now() + 200;
  await eventually('ten rounds are over', () => Date.now() > end);
  for (const id of ids) expect((await read(id))?.state).toBe('queued');
  startJanitor();
  for (const id of ids) await whenState(id, 'expired');
});

test('media is looked after by one of them, every round', async () => {
  const tending = [0, 0];
  const names = [ME.name, 'janitor-2'];
  const workers = () => names.map((name) => ({ ...ME, name }));
  for (const [i, name] of names.entries()) {
    const tendMedia = () => Promise.resolve(void (tending[i] = (tending[i] ?? 0) + 1));
    startJanitor({ name, workers, tendMedia });
  }
  await eventually('it was looked after', () => Math.max(...tending) >= 3);
  expect(Math.min(...tending)).toBe(0);
});
