import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthState, createLeases } from '@pombo/store';
import { openTestStore, type TestStore } from '@pombo/testing';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

const freshDevice = async () => (await context.store.devices.create('ten_a', 'phone')).id;
const leasesOf = (owner: string) => createLeases(context.redis, context.store.keys, owner);

async function claim(owner: string, deviceId: string) {
  const lease = await leasesOf(owner).claim(deviceId);
  if (!lease) throw new Error('the device has another owner');
  return lease;
}

/** As a promoted replica has it: what the master before was known by. */
const promoteReplica = (deviceId: string) =>
  context.redis.hset(context.store.keys.lease(deviceId), 'history', 'f'.repeat(40));

test('while Redis stays the same nothing is doubtful', async () => {
  const deviceId = await freshDevice();
  expect((await claim('worker-1', deviceId)).doubtfulUntil).toBe(0);
  expect((await claim('worker-2', deviceId)).doubtfulUntil).toBe(0);
});

test('after a failover everything before the next claim is doubtful, for later owners too', async () => {
  const deviceId = await freshDevice();
  await claim('worker-1', deviceId);
  await promoteReplica(deviceId);
  const { epoch, doubtfulUntil } = await claim('worker-2', deviceId);
  expect(doubtfulUntil).toBe(epoch);
  expect((await claim('worker-3', deviceId)).doubtfulUntil).toBe(doubtfulUntil);
});

test('values written before are mended when they are read, later ones are as they were written', async () => {
  const { redis, store } = context;
  const deviceId = await freshDevice();
  const { epoch } = await claim('worker-1', deviceId);
  const stateUntil = (doubtfulUntil: number) =>
    createAuthState(redis, store.keys, store.cipher, deviceId, epoch, {
      doubtfulUntil: () => doubtfulUntil,
      mend: (name, value) => `${name} after ${value}`,
    });
  await stateUntil(0).write(new Map([['session:a', 'three']]));
  const names = ['session:a', 'session:b'];
  expect(await stateUntil(Date.now()).read(names)).toEqual(['session:a after three', undefined]);
  const aWhileAgo = Date.now() - 120_000;
  expect(await stateUntil(aWhileAgo).read(names)).toEqual(['three', undefined]);
});
