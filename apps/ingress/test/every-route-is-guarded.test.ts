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
import { type Harness, openHarness } from './ingress-harness.js';

const ROWS = Object.entries(ROUTES) as Array<[RouteName, RouteRow]>;
const GUARDED = ROWS.filter(([, { access }]) => access !== 'anyone');

let harness: Harness;
let tokens: Record<Role, string>;

beforeAll(async () => {
  harness = await openHarness();
  const make = async (role: Role) => [role, (await harness.store.tenants.createToken(harness.tenantId, role)).token];
  tokens = Object.fromEntries(await Promise.all(ROLES.map(make))) as Record<Role, string>;
});
afterAll(() => harness.close());

const callRow = (name: RouteName, { json }: RouteRow, token: string | undefined) => {
  const [method = '', pattern = ''] = name.split(' ');
  const path = pattern.replace(/:\w+/g, 'nonsense');
  return harness.call(method, path, { token, ...(json ? { body: {} } : {}) });
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
    outcomes: createOutcomeWaiter({ subscriber: redis, keys: store.keys, logger: silentLogger }),
    callers: createKnownCallers(store.users, changes),
    devicePool: createDevicePool({ devices: store.devices, changes, tenantMaxWaiting: 1 }),
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
    for (const token of [undefined, '', 'Bearer', 'Bearer 00000000-0000-4000-8000-000000000000']) {
      const { status, body, headers } = await callRow(name, row, token);
      expect(status).toBe(401);
      expect(body).toMatchObject({ success: false, error_code: 'UNAUTHORIZED' });
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test('asks for its role, and says which one is missing', async () => {
    for (const role of ROLES) {
      const { status, body } = await callRow(name, row, tokens[role]);
      if (ROLES.indexOf(role) <= ROLES.indexOf(row.access as Role)) {
        expect([401, 403]).not.toContain(status);
      } else {
        expect(status).toBe(403);
        expect(body).toMatchObject({ success: false, error_code: 'FORBIDDEN' });
        expect(body['error']).toContain(`the role ${row.access}`);
      }
    }
  });
});
