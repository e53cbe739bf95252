import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLeases, type HeldLease } from '@pombo/store';
import { silentLogger } from '@pombo/runtime';
import { eventually, openTestStore, type TestStore } from '@pombo/testing';
import { createFleet, type Fleet, type FleetOptions } from '../src/devices/fleet.js';
import type { OwnedDevice } from '../src/devices/owned-device.js';

const TTL_MS = 600;
const TICK_MS = 50;

let context: TestStore;
let fleets: Fleet[];
beforeEach(async () => {
  context = await openTestStore();
  fleets = [];
});
afterEach(async () => {
  await Promise.all(fleets.map((fleet) => fleet.stop()));
  await context.close();
});

async function addDevices(count: number): Promise<string[]> {
  const { devices } = context.store;
  const ids: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const { id } = await devices.create('ten_a', `phone ${i}`);
    await devices.report(id, { paired: true });
    ids.push(id);
  }
  return ids;
}

/** A device that does what the test says; it does not end by itself. */
function playDevice(lease: HeldLease, changes: Partial<OwnedDevice> = {}): OwnedDevice {
  const nothing = () => Promise.resolve();
  return { lease, ended: new Promise(() => undefined), stop: nothing, abandon: nothing, ...changes };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function startFleet(owner: string, open: FleetOptions['open'], changes: Partial<FleetOptions> = {}): Fleet {
  const { redis, store } = context;
  const leases = createLeases(redis, store.keys, owner, TTL_MS);
  const times = { leaseTtlMs: TTL_MS, tickMs: TICK_MS, graceMs: 1000 };
  const fleet = createFleet({ store, leases, capacity: 100, ...times, open, logger: silentLogger, ...changes });
  fleets.push(fleet);
  fleet.start();
  return fleet;
}

const openPlayed: FleetOptions['open'] = (lease) => Promise.resolve(playDevice(lease));

test('a device that cannot be opened keeps no other from being taken over', async () => {
  const ids = await addDevices(3);
  const listed = await context.store.devices.listIds();
  expect(listed.sort()).toEqual([...ids].sort());
  const [broken] = await context.store.devices.listIds();
  const fleet = startFleet('worker-1', (lease) =>
    lease.deviceId === broken ? Promise.reject(new Error('unreadable')) : openPlayed(lease, {} as never),
  );
  await eventually('the others are taken over', () => fleet.size === 2, { timeoutMs: 3000 });
});

test('a device that cannot be opened is free for others and is tried ever less often', async () => {
  const [deviceId = ''] = await addDevices(1);
  let tries = 0;
  startFleet('worker-1', () => {
    tries += 1;
    return Promise.reject(new Error('unreadable'));
  });
  await eventually('it was tried', () => tries === 1);
  await eventually('it is free', async () => (await context.store.devices.owner(deviceId)) === undefined, {
    timeoutMs: 300,
  });
  const end = Date.now() + 10 * TICK_MS;
  await eventually('ten ticks are over', () => Date.now() > end);
  expect(tries).toBe(1);
});

test('a worker with room takes over what is free, although others hold the devices listed before', async () => {
  await addDevices(4);
  const first = startFleet('worker-1', openPlayed, { capacity: 2 });
  await eventually('the first is full', () => first.size === 2);
  const second = startFleet('worker-2', openPlayed, { capacity: 2 });
  await eventually('nothing is left', () => second.size === 2, { timeoutMs: 3000 });
});

test('leases are renewed while devices are slow to open', async () => {
  const ids = await addDevices(8);
  let abandoned = 0;
  const fleet = startFleet('worker-1', async (lease) => {
    await wait(TTL_MS / 4);
    return playDevice(lease, { abandon: () => Promise.resolve(void (abandoned += 1)) });
  });
  await eventually('all are taken over', () => fleet.size === ids.length, { timeoutMs: 5000 });
  expect(abandoned).toBe(0);
});

test('a lost device that is slow to end costs no other its lease', async () => {
  const [lost = '', kept = ''] = await addDevices(2);
  let abandoned = 0;
  const fleet = startFleet('worker-1', (lease) =>
    Promise.resolve(
      playDevice(lease, {
        abandon() {
          abandoned += 1;
          return new Promise(() => undefined);
        },
      }),
    ),
  );
  await eventually('both are taken over', () => fleet.size === 2);
  await context.redis.hset(context.store.keys.lease(lost), 'owner', 'worker-2', 'until', Date.now() + 60_000);
  await eventually('it is abandoned', () => abandoned === 1);
  const end = Date.now() + 2 * TTL_MS;
  await eventually('a lease would have run out', () => Date.now() > end);
  expect(await context.store.devices.owner(kept)).toBe('worker-1');
  expect(abandoned).toBe(1);
});

test('the lease is kept until a device that takes long to stop has stopped', async () => {
  const [deviceId = ''] = await addDevices(1);
  let stopped = false;
  const fleet = startFleet('worker-1', (lease) =>
    Promise.resolve(
      playDevice(lease, {
        async stop() {
          await wait(2 * TTL_MS);
          stopped = true;
        },
      }),
    ),
  );
  await eventually('it is taken over', () => fleet.size === 1);
  let takenWhileStopping = false;
  startFleet('worker-2', (lease) => {
    takenWhileStopping ||= !stopped;
    return Promise.resolve(playDevice(lease));
  });
  await fleet.stop();
  expect(takenWhileStopping).toBe(false);
  await eventually('the other takes it over at once', async () => {
    return (await context.store.devices.owner(deviceId)) === 'worker-2';
  });
});

test('a device that fails to stop is let go of all the same', async () => {
  const [deviceId = ''] = await addDevices(1);
  const fleet = startFleet('worker-1', (lease) =>
    Promise.resolve(playDevice(lease, { stop: () => Promise.reject(new Error('will not stop')) })),
  );
  await eventually('it is taken over', () => fleet.size === 1);
  await fleet.stop();
  expect(await context.store.devices.owner(deviceId)).toBeUndefined();
});

test('a device nobody wants to pair any more is not claimed over and over', async () => {
  const { devices } = context.store;
  const { id } = await devices.create('ten_a', 'new');
  await devices.requestPairing(id, Date.now() + 250);
  const holder = await createLeases(context.redis, context.store.keys, 'worker-9', TTL_MS).claim(id);
  startFleet('worker-1', openPlayed);
  await eventually('its lease and the wish to pair it run out', async () => {
    const epoch = Number(await context.redis.hget(context.store.keys.lease(id), 'epoch'));
    return epoch > (holder?.epoch ?? 0);
  });
  const before = await context.redis.hget(context.store.keys.lease(id), 'epoch');
  const end = Date.now() + 10 * TICK_MS;
  await eventually('ten ticks are over', () => Date.now() > end);
  expect(await context.redis.hget(context.store.keys.lease(id), 'epoch')).toBe(before);
});
