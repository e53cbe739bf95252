/** Every route with a JSON body names the fields it does not know: in `warnings`, or as errors where the client prefers so. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Harness, openHarness } from './ingress-harness.js';

const MASTER_TOKEN = 'f'.repeat(64);
const PASSPHRASE = 'correct horse battery staple';

let harness: Harness;
/** What stands for what in the paths and bodies below. */
let known: Record<string, string>;
beforeAll(async () => {
  harness = await openHarness({ settings: { MASTER_TOKEN, QR_WAIT_MS: '100' } });
});
afterAll(() => harness.close());

beforeEach(async () => {
  const { store, tenantId } = harness;
  const { id: device } = await store.devices.create(tenantId, 'spare');
  const { user } = await store.users.create(tenantId, { name: 'Rui', role: 'user', devices: undefined });
  const tenant = await store.tenants.create('another');
  const { body } = await harness.call('POST', '/webhooks', { body: { url: 'http://127.0.0.1:9/hook' } });
  known = { device, user: user.id, tenant: tenant.tenantId, webhook: (body['webhook'] as { id: string }).id };
});

const fill = (text: string): string => text.replace(/<(\w+)>/g, (_all, name: string) => known[name] ?? '');

const ROUTES: ReadonlyArray<readonly [method: string, path: string, body: object]> = [
  ['POST', '/send/text', { number: '5511999999999', text: 'hi' }],
  ['POST', '/devices', { name: 'shop' }],
  ['PATCH', '/devices/<device>', { name: 'shop' }],
  ['POST', '/connect', { device_id: '<device>' }],
  ['POST', '/disconnect', { device_id: '<device>' }],
  ['POST', '/logout', { device_id: '<device>' }],
  ['POST', '/devices/<device>/export', { passphrase: PASSPHRASE }],
  ['POST', '/users', { name: 'Ana' }],
  ['PATCH', '/users/<user>', { name: 'Ana' }],
  ['POST', '/tenants', { name: 'Padaria' }],
  ['PATCH', '/tenants/<tenant>', { name: 'Padaria' }],
  ['POST', '/webhook', { webhook_url: 'http://127.0.0.1:9/hook' }],
  ['POST', '/webhooks', { url: 'http://127.0.0.1:9/hook' }],
  ['PATCH', '/webhooks/<webhook>', { description: 'shop' }],
  ['POST', '/webhooks/<webhook>/rotate-secret', {}],
  ['POST', '/webhooks/<webhook>/replay', { failed: true }],
];

describe.each(ROUTES)('%s %s', (method, path, good) => {
  const ask = (headers: Record<string, string> = {}) => {
    const body = { ...(JSON.parse(fill(JSON.stringify(good))) as object), zebra: 1 };
    const token = path.startsWith('/tenants') ? { token: `Bearer ${MASTER_TOKEN}` } : {};
    return harness.call(method, fill(path), { body, headers, ...token });
  };

  test('warns of it', async () => {
    const { status, body } = await ask();
    // A device that was never paired cannot be exported.
    if (path.endsWith('/export')) expect(status).toBe(409);
    else expect(body['warnings']).toEqual([{ field: 'zebra', message: expect.stringContaining('was not used') }]);
  });

  test('refuses it strictly', async () => {
    const { status, body, headers } = await ask({ prefer: 'handling=strict' });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error_code: 'VALIDATION_ERROR', validation: [{ field: 'zebra' }] });
    expect(headers.get('preference-applied')).toBe('handling=strict');
  });
});
