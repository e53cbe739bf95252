/** A Redis Cluster on loopback for tests: three masters with a replica each, any of which can be killed. */
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { waitUntil } from './lib/wait-until.mjs';
import { freePort, startRedis } from './redis.mjs';

const MASTERS = 3;
const SLOTS = 16_384;
/** After so long without a sign of life a master counts as dead. */
const NODE_TIMEOUT_MS = 2_000;
const DEADLINE_MS = 30_000;

/**
 * @param {{ dir: string }} options `dir` keeps its data.
 * @returns {Promise<{ nodes: string, killMaster: (slot?: number) => Promise<string>, stop: () => Promise<void> }>}
 *   `nodes` is what REDIS_CLUSTER_NODES takes. `killMaster` kills -9 the master of a slot, and resolves with the address of
 *   its promoted replica once the Cluster is whole again; the dead one comes back as a replica.
 */
export async function startRedisCluster({ dir }) {
  const servers = [];
  const stop = () => Promise.all(servers.map(closeServer)).then(() => undefined);
  try {
    for (let index = 0; index < MASTERS * 2; index += 1) servers.push(await startNode(join(dir, `node-${index}`)));
    await joinMasters(servers);
    await addReplicas(servers);
    await until('the Cluster', () => isWhole(servers));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes: servers.map(({ port }) => `127.0.0.1:${port}`).join(','),
    async killMaster(slot = 0) {
      const dead = await masterOf(servers, slot);
      const { dir: home, port, busPort } = dead;
      await killServer(dead);
      const others = servers.filter((server) => server !== dead);
      const isReplaced = async () => {
        const master = await masterOf(others, slot);
        return master !== undefined && (await isUp(others)) ? master : undefined;
      };
      const heir = await until('the promotion of a replica', isReplaced);
      servers[servers.indexOf(dead)] = await startNode(home, port, busPort);
      await until('the replica that was a master', () => isWhole(servers));
      return `127.0.0.1:${heir.port}`;
    },
    stop,
  };
}

/** @returns what `probe` answers once that is neither false nor nothing. */
const until = (what, probe) => waitUntil(what, async () => (await probe()) || undefined, { deadlineMs: DEADLINE_MS });

async function startNode(dir, port, busPort) {
  const bus = busPort ?? (await freePort());
  const args = ['--cluster-enabled', 'yes', '--cluster-port', String(bus)];
  args.push('--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--repl-diskless-sync-delay', '0');
  const server = await startRedis({ dir, port, args });
  const redis = new Redis(server.url, { maxRetriesPerRequest: 1 });
  // Killed on purpose; whoever asks it something hears of it.
  redis.on('error', () => undefined);
  return { ...server, dir, busPort: bus, redis };
}

async function closeServer({ redis, stop }) {
  redis.disconnect();
  await stop();
}

async function killServer({ redis, pid, gone }) {
  redis.disconnect();
  process.kill(pid, 'SIGKILL');
  await gone;
}

async function joinMasters(servers) {
  for (const [index, { redis }] of servers.entries()) await redis.cluster('SET-CONFIG-EPOCH', index + 1);
  for (let index = 0; index < MASTERS; index += 1) {
    const first = Math.ceil((SLOTS * index) / MASTERS);
    const last = Math.ceil((SLOTS * (index + 1)) / MASTERS) - 1;
    await servers[index].redis.cluster('ADDSLOTSRANGE', first, last);
  }
  const [{ port, busPort }] = servers;
  for (const { redis } of servers.slice(1)) await redis.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  const allKnown = async () =>
    (await Promise.all(servers.map(({ redis }) => redis.cluster('NODES')))).every(
      (text) => text.trim().split('\n').length === servers.length && !text.includes('handshake'),
    );
  await until('all nodes to know each other', allKnown);
}

async function addReplicas(servers) {
  for (let index = 0; index < MASTERS; index += 1) {
    const id = await servers[index].redis.cluster('MYID');
    await servers[MASTERS + index].redis.cluster('REPLICATE', id);
  }
}

async function isWhole(servers) {
  for (const { redis } of servers) {
    if (!(await redis.cluster('INFO')).includes('cluster_state:ok')) return false;
    const info = await redis.info('replication');
    if (info.includes('role:slave') && !info.includes('master_link_status:up')) return false;
  }
  return true;
}

/** Whether all of them say that every slot is served. */
async function isUp(servers) {
  for (const { redis } of servers) {
    if (!(await redis.cluster('INFO')).includes('cluster_state:ok')) return false;
  }
  return true;
}

async function masterOf(servers, slot) {
  const [{ redis }] = servers;
  const ranges = await redis.cluster('SLOTS');
  const range = ranges.find(([first, last]) => first <= slot && slot <= last);
  return servers.find(({ port }) => port === range?.[2][1]);
}
