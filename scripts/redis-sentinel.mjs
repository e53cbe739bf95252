/** A Sentinel group on loopback for tests: a master, its replica and three Sentinels; the master can be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { waitUntil } from './lib/wait-until.mjs';
import { findRedisServer, freePort, startRedis } from './redis.mjs';

const SENTINELS = 3;
const QUORUM = 2;
const NAME = 'pombo';
/** After so long without a sign of life the master counts as dead. */
const DOWN_AFTER_MS = 2_000;
const DEADLINE_MS = 30_000;

/**
 * @param {{ dir: string }} options `dir` keeps its data.
 * @returns {Promise<{ env: object, killMaster: () => Promise<number>, stop: () => Promise<void> }>} `env` is how Pombo is
 *   told of it. `killMaster` kills -9 the master and resolves with the port of its promoted replica; the dead one comes
 *   back as a replica.
 */
export async function startRedisSentinel({ dir }) {
  const servers = [];
  const sentinels = [];
  const stop = async () => {
    for (const { child, redis } of sentinels) await endSentinel(child, redis);
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    const master = await startServer(join(dir, 'redis-0'));
    servers.push(master);
    servers.push(await startServer(join(dir, 'redis-1'), ['--replicaof', '127.0.0.1', String(master.port)]));
    for (let nth = 0; nth < SENTINELS; nth += 1) sentinels.push(await startSentinel(dir, nth, master.port));
    await until('the Sentinels to know each other', () => allKnown(sentinels));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    env: {
      REDIS_SENTINELS: sentinels.map(({ port }) => `127.0.0.1:${port}`).join(','),
      REDIS_SENTINEL_MASTER: NAME,
    },
    async killMaster() {
      const before = await masterPort(sentinels);
      const dead = servers.find(({ port }) => port === before);
      process.kill(dead.pid, 'SIGKILL');
      await dead.gone;
      const heir = await until('the promotion of the replica', async () => {
        const port = await masterPort(sentinels);
        return port === before ? undefined : port;
      });
      const again = await startServer(dead.dir, ['--replicaof', '127.0.0.1', String(heir)], before);
      servers[servers.indexOf(dead)] = again;
      await until('the replica that was a master', () => allKnown(sentinels));
      return heir;
    },
    stop,
  };
}

/** @returns what `probe` answers once that is neither false nor nothing. */
const until = (what, probe) => waitUntil(what, async () => (await probe()) || undefined, { deadlineMs: DEADLINE_MS });

async function startServer(dir, args = [], port) {
  const server = await startRedis({ dir, port, args: ['--repl-diskless-sync-delay', '0', ...args] });
  return { ...server, dir };
}

async function startSentinel(dir, nth, masterPort) {
  const home = join(dir, `sentinel-${nth}`);
  await mkdir(home, { recursive: true });
  const port = await freePort();
  const file = join(home, 'sentinel.conf');
  // A Sentinel writes down in its file what it learns.
  await writeFile(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${home}`,
      `logfile ${join(home, 'sentinel.log')}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} ${QUORUM}`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${NAME} 10000`,
      '',
    ].join('\n'),
  );
  const child = spawn(findRedisServer(), [file, '--sentinel'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 100 });
  // Not there yet, or ended on purpose.
  redis.on('error', () => undefined);
  return { port, child, redis };
}

async function endSentinel(child, redis) {
  redis.disconnect();
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function masterPort([{ redis }]) {
  const [, port] = await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME);
  return Number(port);
}

/** Whether each of them knows the others, and a replica that has caught up. */
async function allKnown(sentinels) {
  for (const { redis } of sentinels) {
    const [others, replicas] = await Promise.all([
      redis.call('SENTINEL', 'SENTINELS', NAME),
      redis.call('SENTINEL', 'REPLICAS', NAME),
    ]);
    const [replica] = replicas.map(asObject);
    if (others.length < SENTINELS - 1 || replica?.flags !== 'slave') return false;
    if (replica['master-link-status'] !== 'ok') return false;
  }
  return true;
}

function asObject(pairs) {
  const object = {};
  for (let at = 0; at + 1 < pairs.length; at += 2) object[pairs[at]] = pairs[at + 1];
  return object;
}
