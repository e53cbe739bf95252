import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createFleetChannel, createLeases, type HeldLease } from '@pombo/store';
import { createMetrics, silentLogger } from '@pombo/runtime';
import { eventually, openTestStore, type TestStore } from '@pombo/testing';
import { createFleet, type Fleet, type FleetOptions } from '../src/fleet/fleet.js';
import type { OwnedDevice } from '../src/devices/owned-device.js';
import { desireOwners } from '../src/fleet/desired-owners.js';

const TTL_MS = 600;
const TICK_MS = 50;

let context: TestStore;
let undos: Array<() => Promise<unknown> | void>;
beforeEach(async () => {
  context = await openTestStore();
  undos = [() => context.close()];
});
afterEach(async () => {
  for (const undo of undos.reverse()) await undo();
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
  const never = new Promise<never>(() => undefined);
  const kept = () => 'kept' as const;
  return { lease, ended: never, settled: nothing(), follow: kept, stop: nothing, abandon: nothing, ...changes };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function startFleet(
  name: string,
  open: FleetOptions['open'],
  changes: Partial<FleetOptions> = {},
): Promise<Fleet> {
  const { redis, store } = context;
  const subscriber = redis.duplicate();
  undos.push(() => subscriber.disconnect());
  await subscriber.connect();
  const fleet = createFleet({
    ...{ store, name, open, capacity: 100, leaseTtlMs: TTL_MS, tickMs: TICK_MS, graceMs: 1000, rebalanceAfterMs: 200 },
    leases: createLeases(redis, store.keys, name),
    channel: createFleetChannel(redis, subscriber, store.keys),
    remove: () => Promise.resolve(),
    metrics: createMetrics('test'),
    logger: silentLogger,
    ...changes,
  });
  undos.push(() => fleet.stop());
  await fleet.start();
  return fleet;
}

const openPlayed: FleetOptions['open'] = (lease) => Promise.resolve(playDevice(lease));

test('a device that cannot be opened keeps no other from being taken over', async () => {
  const ids = await addDevices(3);
  const [broken] = ids;
  const fleet = await startFleet('worker-1', (lease) =>
    lease.deviceId === broken ? Promise.reject(new Error('unreadable')) : openPlayed(lease, {} as never, false),
  );
  await eventually('the others are taken over', () => fleet.size === 2, { timeoutMs: 3000 });
});

test('a device that cannot be opened is free for others and is tried ever less often', async () => {
  const [deviceId = ''] = await addDevices(1);
  let tries = 0;
  await startFleet('worker-1', () => {
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
  const first = await startFleet('worker-1', openPlayed, { capacity: 2 });
  await eventually('the first is full', () => first.size === 2);
  const second = await startFleet('worker-2', openPlayed, { capacity: 2 });
  await eventually('nothing is left', () => second.size === 2, { timeoutMs: 3000 });
});

test('leases are renewed while devices are slow to open', async () => {
  const ids = await addDevices(8);
  let abandoned = 0;
  const fleet = await startFleet('worker-1', async (lease) => {
    await wait(TTL_MS / 4);
    return playDevice(lease, { abandon: () => Promise.resolve(void (abandoned += 1)) });
  });
  await eventually('all are taken over', () => fleet.size === ids.length, { timeoutMs: 5000 });
  expect(abandoned).toBe(0);
});

test('a lost device that is slow to end costs no other its lease', async () => {
  const [lost = '', kept = ''] = await addDevices(2);
  let abandoned = 0;
  const fleet = await startFleet('worker-1', (lease) =>
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
  await context.redis.hset(context.store.keys.lease(lost), 'owner', 'worker-2');
  // As after a Redis that lost its last second: the worker hears that it was forgotten, and looks at its leases.
  await context.store.workers.leave('worker-1');
  await eventually('it is abandoned', () => abandoned === 1);
  const end = Date.now() + 2 * TTL_MS;
  await eventually('a lease would have run out', () => Date.now() > end);
  expect(await context.store.devices.owner(kept)).toBe('worker-1');
  expect(abandoned).toBe(1);
});

test('the lease is kept until a device that takes long to stop has stopped', async () => {
  const [deviceId = ''] = await addDevices(1);
  let stopped = false;
  const fleet = await startFleet('worker-1', (lease) =>
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
  await startFleet('worker-2', (lease) => {
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
  const fleet = await startFleet('worker-1', (lease) =>
    Promise.resolve(playDevice(lease, { stop: () => Promise.reject(new Error('will not stop')) })),
  );
  await eventually('it is taken over', () => fleet.size === 1);
  await fleet.stop();
  expect(await context.store.devices.owner(deviceId)).toBeUndefined();
});

test('a worker that stops keeps a device until its heir has time for it, and does not give it to one that fell silent', async () => {
  const [deviceId = ''] = await addDevices(1);
  const { store, redis } = context;
  const beat = (name: string, connecting: number, ttlMs = TTL_MS) =>
    store.workers.beat({ name, capacity: 100, draining: false, connecting }, ttlMs);
  const stopping = await startFleet('worker-1', openPlayed, { graceMs: 60_000 });
  await eventually('it is taken over', () => stopping.size === 1);

  const isHeld = async (): Promise<boolean> => (await store.devices.owner(deviceId)) !== undefined;
  await beat('busy', 2);
  // Fallen silent: its time is nearly over.
  await beat('silent', 0, TTL_MS / 4);
  const stopped = stopping.stop();
  const end = Date.now() + 10 * TICK_MS;
  await eventually('the silent one has been dead for some ticks', async () => {
    await beat('busy', 2);
    expect(await isHeld()).toBe(true);
    return Date.now() > end;
  });
  expect(await store.workers.isAlive('silent')).toBe(false);
  await beat('busy', 1, 60_000);
  await eventually('it is given away', async () => !(await isHeld()));
  await createFleetChannel(redis, redis, store.keys).tell({ kind: 'settled', deviceId });
  await stopped;
});

test('a device nobody wants to pair any more is not claimed over and over', async () => {
  const { devices } = context.store;
  const device = await devices.create('ten_a', 'new');
  const { id } = device;
  await context.store.deviceOrders.requestPairing(device, Date.now() + 250);
  await context.store.workers.beat({ name: 'worker-9', capacity: 1, draining: false }, TTL_MS);
  const holder = await createLeases(context.redis, context.store.keys, 'worker-9').claim(id);
  await startFleet('worker-1', openPlayed);
  await eventually('its owner is dead', async () => (await context.store.devices.owner(id)) === undefined);
  const end = Date.now() + 10 * TICK_MS;
  await eventually('ten ticks are over', () => Date.now() > end);
  expect(Number(await context.redis.hget(context.store.keys.lease(id), 'epoch'))).toBe(holder?.epoch);
});

test('free devices are shared by those who are alive, and a new worker is given its share a few at a time', async () => {
  const ids = await addDevices(30);
  let leaving = 0;
  let mostLeaving = 0;
  const openSlow: FleetOptions['open'] = (lease) =>
    Promise.resolve(
      playDevice(lease, {
        async stop() {
          leaving += 1;
          mostLeaving = Math.max(mostLeaving, leaving);
          await wait(20);
          leaving -= 1;
        },
      }),
    );
  const first = await startFleet('worker-1', openSlow);
  await eventually('all are taken over', () => first.size === ids.length);
  const second = await startFleet('worker-2', openPlayed);
  await eventually('its share is handed over', () => {
    const share = desireOwners(ids, first.workers).devicesOf('worker-2').length;
    return share > 0 && second.size === share && first.size + share === ids.length;
  });
  expect(mostLeaving).toBeLessThanOrEqual(2);
  const shares = [first.size, second.size];
  const end = Date.now() + 6 * TICK_MS;
  await eventually('some ticks are over', () => Date.now() > end);
  expect([first.size, second.size]).toEqual(shares);
});

test('a worker that never stays for long takes no device from others', async () => {
  const ids = await addDevices(10);
  let stopped = 0;
  const first = await startFleet('worker-1', (lease) =>
    Promise.resolve(playDevice(lease, { stop: () => Promise.resolve(void (stopped += 1)) })),
  );
  await eventually('all are taken over', () => first.size === ids.length);
  for (let round = 0; round < 3; round += 1) {
    const flapping = await startFleet(`flapping-${round}`, openPlayed);
    await eventually('it is seen', () => first.workers.some(({ name }) => name === `flapping-${round}`));
    await flapping.stop();
  }
  expect(stopped).toBe(0);
});

test('devices of a worker that stops are with others at once, without waiting for a tick', async () => {
  // Enough that each worker has some, whatever their ids: (2/3)^40 that one has none.
  const ids = await addDevices(40);
  const first = await startFleet('worker-1', openPlayed);
  await eventually('all are taken over', () => first.size === ids.length);
  const taken = new Set<string>();
  // Its own ticks are so far apart that only news can wake it.
  await startFleet(
    'worker-2',
    (lease) => {
      taken.add(lease.deviceId);
      return openPlayed(lease, {} as never, false);
    },
    { tickMs: 30_000, leaseTtlMs: 60_000 },
  );
  const third = await startFleet('worker-3', openPlayed);
  await eventually('the third has some', () => third.size > 0);
  await first.stop();
  await third.stop();
  await eventually('all are with the other', () => taken.size === ids.length, { timeoutMs: 5000 });
});

test('a device that its own worker cannot open is opened by another', async () => {
  const ids = await addDevices(6);
  await startFleet('worker-1', () => Promise.reject(new Error('unreadable')));
  const able = await startFleet('worker-2', openPlayed);
  await eventually('all are open', () => able.size === ids.length);
});

test('devices nobody has room for wait, are counted, and are taken when there is room', async () => {
  await addDevices(5);
  const metrics = createMetrics('test');
  const first = await startFleet('worker-1', openPlayed, { capacity: 3, metrics });
  await eventually('it is full', () => first.size === 3);
  expect(await metrics.render()).toMatch(/pombo_devices_waiting{.*} 2/);
  const second = await startFleet('worker-2', openPlayed, { capacity: 3 });
  await eventually('nothing waits', () => first.size + second.size === 5);
});

test('a worker that Redis did not answer for as long as a lease lives lets go of everything', async () => {
  const ids = await addDevices(3);
  let abandoned = 0;
  const fleet = await startFleet('worker-1', (lease) =>
    Promise.resolve(playDevice(lease, { abandon: () => Promise.resolve(void (abandoned += 1)) })),
  );
  await eventually('all are taken over', () => fleet.size === ids.length);
  await context.redis.client('PAUSE', 2 * TTL_MS, 'WRITE');
  await eventually('all are abandoned', () => abandoned === ids.length);
  await eventually('they are taken over again', () => fleet.size === ids.length);
});

test('what a worker let go of is soon with whoever should have it, although that worker lives', async () => {
  const ids = await addDevices(8);
  // It would give the other its share only much later.
  const first = await startFleet('worker-1', openPlayed, { rebalanceAfterMs: 60_000 });
  await eventually('one has them all', () => first.size === ids.length);
  const second = await startFleet('worker-2', openPlayed);
  await eventually('they know each other', () => first.workers.length === 2 && second.workers.length === 2);
  await context.redis.client('PAUSE', 2 * TTL_MS, 'WRITE');
  await eventually('all are abandoned', () => first.size === 0);
  await eventually('all are held again, each by one', () => first.size + second.size === ids.length);
  expect(second.size).toBeGreaterThan(0);
});

test('a lease in the name of a worker that knows nothing of it is released', async () => {
  const [deviceId = ''] = await addDevices(1);
  const names = ['worker-1', 'worker-2'];
  const workers = names.map((name) => ({
    name,
    capacity: 100,
    ageMs: 0,
    draining: false,
    connecting: 0,
    leftMs: TTL_MS,
  }));
  const owner = desireOwners([deviceId], workers).ownerOf(deviceId);
  const other = names.find((name) => name !== owner) ?? '';
  // As when the reply to a claim was lost on its way.
  await context.store.workers.beat({ name: other, capacity: 100, draining: false }, 60_000);
  await createLeases(context.redis, context.store.keys, other).claim(deviceId);
  const checkMs = 4 * TICK_MS;
  const fleet = await startFleet(owner ?? '', openPlayed, { checkMs });
  await startFleet(other, openPlayed, { checkMs });
  await eventually('it is with the one that should have it', () => fleet.size === 1);
});
