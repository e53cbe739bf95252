import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { FollowUp } from '@pombo/store';
import { openTestStore, testConfig, type TestStore } from '@pombo/testing';
import { acceptMessage, draftFor } from './drafts.js';

const CAP = 100;

let context: TestStore;
let deviceId: string;
beforeAll(async () => {
  context = await openTestStore(testConfig({ DEVICE_MAX_WAITING: String(CAP) }));
});
beforeEach(async () => {
  deviceId = await addDevice();
});
afterAll(() => context.close());

async function addDevice(): Promise<string> {
  const { id } = await context.store.devices.create('ten_a', 'phone');
  await context.store.devices.report(id, { paired: true, state: 'connected' });
  return id;
}

const drafts = (count: number, of = deviceId) => Array.from({ length: count }, () => draftFor(context.store, of));
const accept = (draft: ReturnType<typeof draftFor>) => acceptMessage(context.store, draft);
const outcomes = async (work: Array<Promise<unknown>>) => (await Promise.allSettled(work)).map(outcomeOf);
const outcomeOf = (settled: PromiseSettledResult<unknown>): unknown =>
  settled.status === 'fulfilled' ? settled.value : (settled.reason as { code?: string; message: string });

/** Device of each script that leaves, in order, with how many messages it carries. */
function watchScripts(): Array<readonly [string, number]> {
  const scripts: Array<readonly [string, number]> = [];
  const { redis } = context;
  const send = redis.sendCommand.bind(redis);
  jest.spyOn(redis, 'sendCommand').mockImplementation((command, stream) => {
    const args = command.args.map(String);
    const records = args.filter((arg) => /:m:3EB0/.test(arg)).length;
    if (records > 0) scripts.push([args.find((arg) => /:d:dev_\w+$/.test(arg))?.slice(-24) ?? '', records]);
    return send(command, stream);
  });
  return scripts;
}

test('what is accepted in one turn gets its numbers in the order in which it came', async () => {
  const found = await Promise.all(drafts(5).map(accept));
  expect(found.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
  expect(await context.store.devices.waiting(deviceId)).toBe(5);
});

test('a flood for one device goes in portions, and a message for another device after the first of them', async () => {
  await accept(draftFor(context.store, deviceId));
  const other = await addDevice();
  const scripts = watchScripts();
  try {
    await Promise.all([...drafts(70), ...drafts(1, other)].map(accept));
  } finally {
    jest.restoreAllMocks();
  }
  expect(scripts).toEqual([
    [deviceId, 32],
    [other, 1],
    [deviceId, 32],
    [deviceId, 6],
  ]);
});

test('the cap counts within a turn: what is above it is refused, each message for itself', async () => {
  const found = await outcomes(drafts(CAP + 2).map(accept));
  expect(found.slice(0, CAP)).toEqual(Array.from({ length: CAP }, (_, nth) => ({ sequence: nth + 1 })));
  expect(found.slice(CAP)).toMatchObject([{ code: 'RATE_LIMITED' }, { code: 'RATE_LIMITED' }]);
  expect(await context.store.devices.waiting(deviceId)).toBe(CAP);
});

test('the same message twice in one turn is accepted once', async () => {
  const [one, other] = drafts(2);
  if (!one || !other) throw new Error('no drafts');
  const found = await outcomes([one, one, other].map(accept));
  expect(found).toEqual([{ sequence: 1 }, { sequence: 1, known: 'queued' }, { sequence: 2 }]);
  expect(await context.store.devices.waiting(deviceId)).toBe(2);
});

test('a message that cannot be written fails alone', async () => {
  const all = drafts(3);
  const { redis, store } = context;
  await redis.set(store.keys.record(String(all[1]?.id)), 'no hash');
  const found = await outcomes(all.map(accept));
  expect(found).toMatchObject([{ sequence: 1 }, { message: expect.stringContaining('WRONGTYPE') }, { sequence: 2 }]);
  expect(await store.messages.read(String(all[2]?.id))).toMatchObject({ state: 'queued', sequence: 2 });
  expect(await store.devices.waiting(deviceId)).toBe(2);
});

test('a job that is refused fails its own message, which is there to be accepted again', async () => {
  const [one, other] = drafts(2);
  if (!one || !other) throw new Error('no drafts');
  const job = (result: number): FollowUp => ({
    name: 'testJob',
    lua: 'return tonumber(ARGV[1])',
    keys: [],
    args: [result],
  });
  const { messages } = context.store;
  const found = await outcomes([messages.accept(one, job(-5)), messages.accept(other, job(1))]);
  expect(found).toMatchObject([{ message: expect.stringContaining('testJob refused: -5') }, { sequence: 2 }]);
  expect(await messages.accept(one, job(1))).toEqual({ sequence: 1, known: 'queued' });
});

test('when nothing can be written, everyone hears the error of Redis itself', async () => {
  const { redis, store } = context;
  const all = drafts(2);
  for (const { id } of all) await redis.set(store.keys.record(id), 'no hash');
  const found = await outcomes(all.map(accept));
  expect(found).toMatchObject([{ name: 'ReplyError' }, { name: 'ReplyError' }]);
  expect(found.map((error) => (error as Error).message.split(' ', 1)[0])).toEqual(['WRONGTYPE', 'WRONGTYPE']);
  expect(await store.devices.waiting(deviceId)).toBe(0);
});

test('a reference with half a character harms nobody', async () => {
  const [one, other] = drafts(2);
  if (!one || !other) throw new Error('no drafts');
  const found = await outcomes([{ ...one, clientReference: 'a\ud83d"\u0000' }, other].map(accept));
  expect(found).toEqual([{ sequence: 1 }, { sequence: 2 }]);
  expect((await context.store.messages.read(one.id))?.clientReference).toBe('a\ufffd"\u0000');
});
