/** Where the Redis of a run comes from, and how it is interrupted. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startRedisCluster } from '../../scripts/redis-cluster.mjs';
import { startRedisSentinel } from '../../scripts/redis-sentinel.mjs';
import { startRedis } from '../../scripts/redis.mjs';

const AWAY_MS = 1_500;

/**
 * @typedef {{ env: object, interruption: string, interrupt: (slot: number) => Promise<unknown>, stop: () => Promise<void> }} RedisSource
 *   `slot` is one whose server shall be the one that is lost.
 */

/** One server; it is stopped as an operator does, and started again on the same data. @returns {Promise<RedisSource>} */
export async function startSingleRedis(dir) {
  const home = join(dir, 'redis');
  let redis = await startRedis({ dir: home });
  return {
    env: { REDIS_URL: redis.url },
    interruption: 'Redis is restarted',
    async interrupt() {
      const { port } = redis;
      await redis.stop();
      await pause(AWAY_MS);
      redis = await startRedis({ dir: home, port });
    },
    stop: () => redis.stop(),
  };
}

/** Three masters with a replica each; a master is killed -9 and its replica promoted. @returns {Promise<RedisSource>} */
export async function startClusteredRedis(dir) {
  const cluster = await startRedisCluster({ dir: join(dir, 'redis') });
  return {
    env: { REDIS_CLUSTER_NODES: cluster.nodes },
    interruption: 'a master is killed and its replica promoted',
    interrupt: (slot) => cluster.killMaster(slot),
    stop: cluster.stop,
  };
}

/** A master and its replica under three Sentinels; the master is killed -9. @returns {Promise<RedisSource>} */
export async function startWatchedRedis(dir) {
  const group = await startRedisSentinel({ dir: join(dir, 'redis') });
  return {
    env: group.env,
    interruption: 'the master is killed and its replica promoted',
    interrupt: () => group.killMaster(),
    stop: group.stop,
  };
}
