import { type Config, createPatientRedis, type Redis, silentLogger } from '@pombo/runtime';
import { createStore, type Store } from '@pombo/store';
import { testConfig } from './test-config.js';

export interface TestStore {
  readonly config: Config;
  readonly redis: Redis;
  readonly store: Store;
  close(): Promise<void>;
}

/** A store under names of its own. `close` removes them. */
export async function openTestStore(config: Config = testConfig()): Promise<TestStore> {
  const redis = createPatientRedis({ url: config.REDIS_URL, name: 'pombo-test', logger: silentLogger });
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
  if (keys.length > 0) await redis.unlink(...keys);
}

/** Every key of a prefix. */
export async function keysOf(redis: Redis, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of redis.scanStream({ match: `${prefix}:*`, count: 1000 })) found.push(...(batch as string[]));
  return found;
}
