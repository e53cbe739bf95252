/** Names are looked up with a real name server on loopback, which is silent about some of them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAddressGuard, createGuardedAgent, createHostResolver, type HostResolverOptions } from '@pombo/guard';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { request } from 'undici';
import { type NameServer, startNameServer } from './name-server.js';

/** So many that no pool of threads could take them all. */
const SILENT = Array.from({ length: 50 }, (_one, place) => `silent-${place}.test`);
/** Longer than a test may take: whoever waits for it never comes to an end. */
const FOR_EVER_MS = 10 * 60_000;
let names: NameServer;
let folder: string;
let site: Server;
let port: number;

beforeAll(async () => {
  names = await startNameServer({
    ...Object.fromEntries(SILENT.map((name) => [name, 'silent'])),
    'healthy.test': ['192.0.2.7', '192.0.2.8'],
    'half.test': 'no-ipv6',
    'site.test': ['127.0.0.1'],
    'mixed.test': ['127.0.0.1', '10.0.0.1'],
    'machine.test': ['192.0.2.9'],
  });
  folder = await mkdtemp(join(tmpdir(), 'pombo-hosts-'));
  await writeFile(join(folder, 'hosts'), '# ours\n10.1.1.1 db Machine.test # and its name\nfd00::1 machine.test\n');
  site = createServer((_request, response) => void response.end('hello'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  ({ port } = site.address() as AddressInfo);
});
beforeEach(() => void names.asked.splice(0));
afterAll(async () => {
  site.closeAllConnections();
  site.close();
  await names.close();
  await rm(folder, { recursive: true, force: true });
});

const nobody = () => Promise.reject(Object.assign(new Error('the system was asked'), { code: 'ENOTFOUND' }));
const resolverWith = (options: HostResolverOptions = {}) =>
  createHostResolver({ servers: [names.address], hostsFile: join(folder, 'hosts'), system: nobody, ...options });

test('all addresses of a name are found', async () => {
  expect(await resolverWith()('healthy.test')).toEqual([
    { address: '192.0.2.7', family: 4 },
    { address: '192.0.2.8', family: 4 },
  ]);
});

test('names whose servers are silent hold up no others', async () => {
  const resolve = resolverWith({ limitMs: FOR_EVER_MS });
  let ended = 0;
  for (const name of SILENT) {
    const end = () => (ended += 1);
    resolve(name).then(end, end);
  }
  expect(await resolve('healthy.test')).toHaveLength(2);
  expect(ended).toBe(0);
});

test('a name whose servers are silent is given up in time, and asked for again the next time', async () => {
  const resolve = resolverWith({ limitMs: 50 });
  await expect(resolve('silent-0.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  const before = names.asked.length;
  await expect(resolve('silent-0.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  expect(names.asked.length).toBeGreaterThan(before);
});

test('whoever asks for the same name meanwhile shares the look-up', async () => {
  const resolve = resolverWith();
  const [first, ...others] = await Promise.all(
    ['healthy.test', 'HEALTHY.test', 'healthy.test.'].map((name) => resolve(name)),
  );
  for (const other of others) expect(other).toEqual(first);
  expect([...names.asked].sort()).toEqual(['healthy.test A', 'healthy.test AAAA']);
});

test('a server that is silent about IPv6 costs a moment', async () => {
  const resolve = resolverWith({ limitMs: FOR_EVER_MS });
  expect(await resolve('half.test')).toEqual([{ address: '192.0.2.1', family: 4 }]);
});

test('the hosts file comes first', async () => {
  expect(await resolverWith()('machine.TEST')).toEqual([
    { address: '10.1.1.1', family: 4 },
    { address: 'fd00::1', family: 6 },
  ]);
  expect(names.asked).toEqual([]);
});

test('localhost is the machine itself, whatever is in a hosts file', async () => {
  const resolve = createHostResolver({ servers: [names.address], hostsFile: join(folder, 'none') });
  const found = await resolve('localhost');
  expect(found.map(({ address }) => address)).toEqual(expect.arrayContaining(['127.0.0.1']));
  expect(names.asked).toEqual([]);
});

test('names that DNS does not know are asked of the system: strangers’ one at a time, listed ones at once', async () => {
  const begun: string[] = [];
  const free: Array<() => void> = [];
  const system = (name: string) =>
    new Promise<Array<{ address: string; family: number }>>((resolve) => {
      begun.push(name);
      free.push(() => resolve([{ address: '192.0.2.20', family: 4 }]));
    });
  const isListed = (name: string) => name === 'ours';
  const resolve = resolverWith({ system, isListed, limitMs: FOR_EVER_MS });
  const strangers = [resolve('theirs'), resolve('theirs-too')];
  const ours = resolve('ours');
  // DNS knows none of the three; each of the first two waits for the other at most.
  while (begun.length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toContain('ours');
  expect(begun.filter((name) => name !== 'ours')).toHaveLength(1);
  while (free.length > 0 || begun.length < 3) {
    free.splice(0).forEach((release) => release());
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const found of await Promise.all([...strangers, ours])) expect(found).toHaveLength(1);
});

test('a connection goes to the address that was checked, and to none where one is refused', async () => {
  const guard = createAddressGuard(['site.test'], { resolver: resolverWith() });
  const agent = createGuardedAgent(guard, 5_000);
  try {
    const { body } = await request(`http://site.test:${port}/`, { dispatcher: agent });
    expect(await body.text()).toBe('hello');
    await expect(request(`http://mixed.test:${port}/`, { dispatcher: agent })).rejects.toMatchObject({
      name: 'BlockedAddressError',
    });
  } finally {
    await agent.close();
  }
});
