import { type Config, createPatientRedis, mastersOf, type Redis, silentLogger } from '@pombo/runtime';
import { createLeases, createStore, type DeviceReport, type Store } from '@pombo/store';
import { testConfig } from './test-config.js';

export interface TestStore {
  readonly config: Config;
  readonly redis: Redis;
  readonly store: Store;
  close(): Promise<void>;
}

/** A store under names of its own. `close` removes them. */
export async function openTestStore(config: Config = testConfig()): Promise<TestStore> {
  const redis = createPatientRedis({ target: config.REDIS, name: 'pombo-test', logger: silentLogger });
  await redis.connect();
  return {
    config,
    redis,
    store: createStore(redis, config),
    async close() {
      await removeKeys(redis, config.REDIS_PREFIX);
      await redis.quit();
    },
  };
}

/** Removes every key of a prefix. */
export async function removeKeys(redis: Redis, prefix: string): Promise<void> {
  const keys = await keysOf(redis, prefix);
  // One by one: on a Cluster they are in many slots.
  await Promise.all(keys.map((key) => redis.unlink(key)));
}

/** Every key of a prefix. */
export async function keysOf(redis: Redis, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const master of mastersOf(redis)) {
    const batches = master.scanStream({ match: `${prefix}:*`, count: 1000 });
    for await (const batch of batches) found.push(...(batch as string[]));
  }
  return found;
}

/** Long enough for any test. */
const TEST_LEASE_MS = 600_000;

/** Plays a worker that holds the device and reports about it. @returns the epoch of its lease. */
export async function playOwner(store: Store, deviceId: string, report: DeviceReport = {}): Promise<number> {
  const name = 'played-worker';
  // No capacity: it takes nothing from workers that really work.
  await store.workers.beat({ name, capacity: 0, draining: false }, TEST_LEASE_MS);
  const lease = await createLeases(store.redis, store.keys, name).claim(deviceId);
  if (!lease) throw new Error('the device has another owner');
  await store.devices.report(deviceId, { paired: true, state: 'connected', ...report });
  return lease.epoch;
}
