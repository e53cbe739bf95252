import { createDirectoryBlobStore } from '@pombo/media';
import { createProducer } from '@pombo/queue';
import { createMetrics, silentLogger } from '@pombo/runtime';
import { type Role, ROLES } from '@pombo/store';
import { openTestStore } from '@pombo/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../src/app.js';
import { createDevicePool } from '../src/devices/device-pool.js';
import { createChangeFeed } from '../src/remembered/change-feed.js';
import { createKnownCallers } from '../src/remembered/known-callers.js';
import { ROUTES, type RouteName, type RouteRow } from '../src/routes/route-table.js';
import { createOutcomeWaiter } from '../src/sends/outcome-waiter.js';
import { createReadyDevice, createTenant, type Harness, openHarness } from './ingress-harness.js';

const ROWS = Object.entries(ROUTES) as Array<[RouteName, RouteRow]>;
const GUARDED = ROWS.filter(([, { access }]) => access !== 'anyone');
/** A number is nobody's: what one tenant has about it is erased, whether others have anything or not. */
const WITHOUT_OWNER: readonly RouteName[] = ['DELETE /recipients/:number'];
const WITH_ID = ROWS.filter(
  ([name, { access }]) => /:/.test(name) && access !== 'master' && access !== 'anyone' && !WITHOUT_OWNER.includes(name),
);
const MASTER = 'a master token that is long enough'.replaceAll(' ', '-');

let harness: Harness;
let tokens: Record<Role | 'master', string>;
/** By the first part of a path: the id of something that another tenant has, and one that nobody has. */
let ids: Record<string, { readonly foreign: string; readonly unknown: string }>;

beforeAll(async () => {
  harness = await openHarness({ settings: { MASTER_TOKEN: MASTER } });
  const { store, tenantId } = harness;
  const make = async (role: Role) => [role, (await store.tenants.createToken(tenantId, role)).token];
  const own = Object.fromEntries(await Promise.all(ROLES.map(make))) as Record<Role, string>;
  tokens = { ...own, master: MASTER };

  // With two devices, what would wait for one asks which.
  await createReadyDevice(store, tenantId);
  const other = await createTenant(store);
  const deviceId = await createReadyDevice(store, other.tenantId);
  const text = { number: '5511999999999', text: 'oi' };
  const sent = await harness.call('POST', '/send/text', { token: other.token, body: text });
  const made = await harness.call('POST', '/webhooks', { token: other.token, body: { url: 'http://127.0.0.1:9/' } });
  const { userId } = await store.tenants.createToken(other.tenantId, 'user');
  const erasure = await store.erasures.requestRecipient(other.tenantId, '5511900000000@s.whatsapp.net');
  const pair = (foreign: string) => ({
    foreign,
    unknown: foreign.slice(0, -6) + foreign.slice(-6).split('').reverse().join(''),
  });
  ids = {
    messages: { foreign: String(sent.body['message_id']), unknown: store.messages.createId(deviceId) },
    devices: pair(deviceId),
    users: pair(userId),
    webhooks: pair(String((made.body['webhook'] as { id: string }).id)),
    erasures: pair(erasure.id),
  };
});
afterAll(() => harness.close());

const callRow = (name: RouteName, { json }: RouteRow, token: string | undefined, id = 'nonsense') => {
  const [method = '', pattern = ''] = name.split(' ');
  return harness.call(method, pattern.replace(/:\w+/g, id), { token, ...(json ? { body: {} } : {}) });
};

test('the app serves what the table names, and nothing else', async () => {
  const opened = await openTestStore();
  const { config, store, redis } = opened;
  const producer = createProducer(redis, store.keys);
  const changes = createChangeFeed({ subscriber: redis, keys: store.keys, logger: silentLogger });
  const { express } = createApp({
    config,
    store,
    producer,
    logger: silentLogger,
    blobStore: createDirectoryBlobStore({ dir: config.MEDIA_DIR }),
    hasMediaRoom: () => true,
    outcomes: createOutcomeWaiter({ subscriber: redis, keys: store.keys, logger: silentLogger }),
    callers: createKnownCallers(store.users, changes),
    devicePool: createDevicePool({ devices: store.devices, changes, tenantMaxWaiting: 1 }),
    admission: { memory: { full: false }, userLimit: undefined },
    erasureRunner: { wake: () => undefined },
    metrics: createMetrics('test'),
  });
  const routes = express.router.stack.flatMap(({ route }) => route ?? []);
  const served = routes.flatMap(({ path, stack }) => [
    ...new Set(stack.map(({ method }) => `${method.toUpperCase()} ${path}`)),
  ]);
  await producer.close();
  await opened.close();
  expect(served.sort()).toEqual(Object.keys(ROUTES).sort());
});

describe.each(GUARDED)('%s', (name, row) => {
  test('without a token, and with one that nobody has, is refused before anything else', async () => {
    const strangers = [undefined, '', 'Bearer', 'Bearer 00000000-0000-4000-8000-000000000000'];
    const answers = await Promise.all(strangers.map((token) => callRow(name, row, token)));
    for (const { status, body, headers } of answers) {
      expect(status).toBe(401);
      expect(body).toMatchObject({ success: false, error_code: 'UNAUTHORIZED' });
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  const enough = row.access === 'master' ? ['master'] : ROLES.slice(0, ROLES.indexOf(row.access as Role) + 1);

  const call = async (who: Role | 'master') => ({ who, ...(await callRow(name, row, `Bearer ${tokens[who]}`)) });

  test('called by each role is served or refused as its row says', async () => {
    for (const { who, status, body } of await Promise.all([...ROLES, 'master' as const].map(call))) {
      if (enough.includes(who)) {
        expect({ who, refused: [401, 403].includes(status) }).toEqual({ who, refused: false });
      } else {
        expect({ who, status }).toEqual({ who, status: 403 });
        expect(body).toMatchObject({ success: false, error_code: 'FORBIDDEN' });
        expect(body['error']).toContain(row.access === 'master' ? 'the master token' : `the role ${row.access}`);
      }
    }
  });
});

describe.each(WITH_ID)('%s', (name, row) => {
  test('answers for what another tenant has exactly as for what nobody has', async () => {
    const [, kind = ''] = /\/(\w+)\//.exec(name) ?? [];
    const known = ids[kind];
    if (!known) throw new Error(`make something of another tenant's for /${kind} in beforeAll`);
    const answers = [];
    for (const id of [known.foreign, known.unknown]) answers.push(await callRow(name, row, tokens.admin, id));
    for (const { status } of answers) expect(status).toBe(404);
    const [foreign, unknown] = answers.map(({ body }) => ({ ...body, timestamp: '', request_id: '' }));
    expect(foreign).toEqual(unknown);
  });
});
