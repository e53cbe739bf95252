import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { connectPatiently, createPatientRedis, type Redis, silentLogger } from '@pombo/runtime';

interface RedisScript {
  readonly freePort: () => Promise<number>;
  readonly startRedis: (options: { dir: string; port: number }) => Promise<{ stop(): Promise<void> }>;
}

/** In a variable, since plain JavaScript has no types to look up. */
const SCRIPT: string = '../../../scripts/redis.mjs';
const { freePort, startRedis } = (await import(SCRIPT)) as RedisScript;

const undos: Array<() => unknown> = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

async function start(port: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'pombo-waited-for-'));
  undos.push(() => rm(dir, { recursive: true, force: true }));
  const server = await startRedis({ dir, port });
  undos.push(() => server.stop());
}

function connectionTo(port: number, access = ''): Redis {
  const target = { kind: 'single', url: `redis://${access}127.0.0.1:${port}` } as const;
  const redis = createPatientRedis({ target, name: 'test', logger: silentLogger });
  undos.push(() => redis.disconnect());
  return redis;
}

test('a process that is started before Redis goes on when Redis is there', async () => {
  const port = await freePort();
  const redis = connectionTo(port);
  const refused = new Promise((resolve) => redis.once('error', resolve));
  const connected = connectPatiently(redis);
  await refused;
  await start(port);
  await connected;
  expect(await redis.ping()).toBe('PONG');
});

test('waiting ends with the connection', async () => {
  const redis = connectionTo(await freePort());
  const connected = connectPatiently(redis);
  redis.once('error', () => redis.disconnect());
  await expect(connected).rejects.toThrow('given up');
});

test('a password that Redis refuses is not waited for', async () => {
  const port = await freePort();
  await start(port);
  await expect(connectPatiently(connectionTo(port, 'nobody:wrong@'))).rejects.toThrow('WRONGPASS');
});
