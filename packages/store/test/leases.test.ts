import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLeases, type Leases } from '@pombo/store';
import { eventually, openTestStore, type TestStore } from '@pombo/testing';

let context: TestStore;
let deviceId: string;
let first: Leases;
let second: Leases;
const LIFE_MS = 150;

beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());
beforeEach(async () => {
  const { store, redis } = context;
  deviceId = (await store.devices.create('ten_a', 'phone')).id;
  first = createLeases(redis, store.keys, 'worker-1');
  second = createLeases(redis, store.keys, 'worker-2');
});

const beat = (name = 'worker-1', ttlMs = LIFE_MS) =>
  context.store.workers.beat({ name, capacity: 3, draining: false }, ttlMs);

describe('a worker', () => {
  test('is alive for as long as it beats, and tells who else is, how long, and how busy', async () => {
    const { workers } = context.store;
    // Longer than this process may stand still while others are tested.
    const lifeMs = 1_000;
    expect((await beat('worker-a', lifeMs)).wasAlive).toBe(false);
    const end = Date.now() + 2 * lifeMs;
    while (Date.now() < end) expect((await beat('worker-a', lifeMs)).wasAlive).toBe(true);
    await workers.beat({ name: 'worker-b', capacity: 7, draining: true, connecting: 5 }, lifeMs);
    const view = await beat('worker-a', lifeMs);
    const [a, b] = ['worker-a', 'worker-b'].map((wanted) => view.workers.find(({ name }) => name === wanted));
    expect(a).toMatchObject({ capacity: 3, draining: false, connecting: 0 });
    expect(a?.ageMs).toBeGreaterThanOrEqual(2 * lifeMs);
    expect(a?.leftMs).toBe(lifeMs);
    expect(b).toMatchObject({ capacity: 7, draining: true, connecting: 5 });
    expect(b?.leftMs).toBeLessThanOrEqual(lifeMs);
  });

  test('that fell silent for too long is dead, hears of it, and begins anew', async () => {
    const { workers } = context.store;
    await beat('worker-c');
    await eventually('it is dead', async () => !(await workers.isAlive('worker-c')));
    const view = await beat('worker-c');
    expect(view.wasAlive).toBe(false);
    expect(view.workers.find(({ name }) => name === 'worker-c')?.ageMs).toBe(0);
  });

  test('that leaves is dead at once', async () => {
    const { workers } = context.store;
    await beat('worker-d', 60_000);
    await workers.leave('worker-d');
    expect(await workers.isAlive('worker-d')).toBe(false);
  });
});

describe('a lease', () => {
  test('is held while its owner is alive, and free when it is dead, under a later epoch', async () => {
    await beat();
    const lease = await first.claim(deviceId);
    const end = Date.now() + 3 * LIFE_MS;
    while (Date.now() < end) {
      await beat();
      expect(await second.claim(deviceId)).toBeUndefined();
    }
    expect(await context.store.devices.owner(deviceId)).toBe('worker-1');
    const taken = await eventually('the owner is dead', () => second.claim(deviceId));
    expect(taken.epoch).toBeGreaterThan(lease?.epoch ?? Infinity);
    expect(await first.findLost([lease ?? taken])).toEqual([lease]);
    expect(await second.findLost([taken])).toEqual([]);
  });

  test('is free at once when released, but not by whoever lost it', async () => {
    await beat('worker-1', 60_000);
    await beat('worker-2', 60_000);
    const lease = await first.claim(deviceId);
    if (!lease) throw new Error('not claimed');
    await first.release(lease);
    const taken = await second.claim(deviceId);
    await first.release(lease);
    expect(await context.store.devices.owner(deviceId)).toBe('worker-2');
    expect(await second.read([deviceId])).toEqual([{ owner: 'worker-2', epoch: taken?.epoch }]);
  });

  test('is won by one of those who claim it at the same moment', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `worker-r${i}`);
    await Promise.all(names.map((name) => beat(name, 60_000)));
    const { redis, store } = context;
    const claims = await Promise.all(names.map((name) => createLeases(redis, store.keys, name).claim(deviceId)));
    expect(claims.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  test('never gets an epoch twice, although Redis forgot the last one', async () => {
    const { redis, store } = context;
    const { epoch = 0 } = (await first.claim(deviceId)) ?? {};
    await redis.del(store.keys.lease(deviceId));
    const end = Date.now() + 5;
    await eventually('some milliseconds pass', () => Date.now() > end);
    expect((await second.claim(deviceId))?.epoch).toBeGreaterThan(epoch);
    await redis.hset(store.keys.lease(deviceId), 'epoch', epoch + 1_000_000);
    await second.release({ deviceId, epoch: epoch + 1_000_000 });
    expect((await first.claim(deviceId))?.epoch).toBe(epoch + 1_000_001);
  });
});

test('changes of devices are read once each, the latest last', async () => {
  const { devices, workers } = context.store;
  const start = (await workers.beat({ name: 'reader', capacity: 0, draining: false }, 60_000)).version;
  const other = await devices.create('ten_a', 'other');
  await devices.announce(deviceId);
  await devices.announce(other.id);
  const { version, ids } = await devices.readChanges(start, 10);
  expect(ids).toEqual([deviceId, other.id]);
  expect(await devices.readChanges(version, 10)).toEqual({ version, ids: [] });
  expect((await devices.readChanges(start, 1)).ids).toEqual([deviceId]);
});
