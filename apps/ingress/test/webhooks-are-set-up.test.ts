import { EVENT_NAMES } from '@pombo/contracts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTenant, type Harness, openHarness } from './ingress-harness.js';

let harness: Harness;
let stranger: string;
beforeAll(async () => {
  harness = await openHarness({ settings: { WEBHOOK_MAX_ENDPOINTS: '20' } });
  stranger = (await createTenant(harness.store)).token;
});
afterAll(() => harness.close());

type Webhook = Record<string, unknown> & { readonly id: string };
const call: Harness['call'] = (...args) => harness.call(...args);
const make = async (body: Record<string, unknown> = {}): Promise<Webhook> => {
  const answer = await call('POST', '/webhooks', { body: { url: 'http://127.0.0.1:9/hook', ...body } });
  expect(answer.status).toBe(201);
  return answer.body['webhook'] as Webhook;
};
const show = async (id: string) => (await call('GET', `/webhooks/${id}`)).body['webhook'] as Webhook;
const stored = (id: string) => harness.store.webhooks.endpoints.read({ tenantId: harness.tenantId, webhookId: id });

describe('the endpoint of the public API', () => {
  const body = {
    webhook_url: 'http://127.0.0.1:9/mine',
    enabled_events: ['message.sent', 'group.update', 'Presence'],
    enabled: true,
    retry_attempts: 3,
    timeout: 30,
    secret: 'any secret of mine',
    headers: { Authorization: 'Bearer of-the-customer' },
  };

  test('is made, replaced, shown and removed', async () => {
    const made = await call('POST', '/webhook', { body });
    expect(made.status).toBe(201);
    expect(made.body['data']).toMatchObject({
      webhook_url: body.webhook_url,
      enabled_events: body.enabled_events,
      retry_attempts: 3,
      timeout: 30,
      timeout_ms: 30_000,
      secret: body.secret,
      state: 'active',
    });
    // An event that only the public API has is no error for its clients.
    expect(made.body['warnings']).toEqual([
      { field: 'enabled_events', message: expect.stringContaining('group.update') },
      { field: 'enabled_events', message: expect.stringContaining('Presence') },
    ]);

    const again = { ...body, secret: undefined, webhook_url: 'http://127.0.0.1:9/new' };
    const replaced = await call('POST', '/webhook', { body: again });
    expect(replaced.status).toBe(200);
    // Its client verifies with the secret it has.
    expect(replaced.body['data']).not.toHaveProperty('secret');
    expect((await stored((made.body['data'] as Webhook).id))?.secrets).toEqual([{ secret: body.secret }]);

    const shown = await call('GET', '/webhook');
    expect(shown.body['data']).toMatchObject({ webhook_url: 'http://127.0.0.1:9/new', undelivered: 0 });
    expect(shown.text).not.toContain(body.secret);
    expect(shown.text).not.toContain('of-the-customer');

    expect((await call('DELETE', '/webhook')).status).toBe(200);
    const gone = await call('GET', '/webhook');
    expect({ status: gone.status, code: gone.body['error_code'] }).toEqual({ status: 404, code: 'WEBHOOK_NOT_FOUND' });
  });

  test('takes fields that say nothing for none', async () => {
    const blank = { webhook_url: body.webhook_url, secret: '', headers: null, enabled_events: null, timeout: null };
    const made = await call('POST', '/webhook', { body: blank, headers: { prefer: 'handling=strict' } });
    expect(made.headers.get('preference-applied')).toBe('handling=strict');
    expect(made.body['data']).toMatchObject({ enabled_events: ['*'], headers: {}, enabled: true });
  });

  test('is asked for its URL in the words of the public API', async () => {
    const answer = await call('POST', '/webhook', { body: { enabled: true } });
    expect(answer.status).toBe(400);
    expect(answer.body['validation']).toEqual([
      { field: 'webhook_url', message: 'webhook_url is required', value: null },
    ]);
  });

  test('takes milliseconds too', async () => {
    const made = await call('POST', '/webhook', { body: { ...body, timeout: 5000 } });
    expect(made.body['data']).toMatchObject({ timeout: 5000, timeout_ms: 5000 });
  });

  test('knows its events', async () => {
    const { body: answer } = await call('GET', '/webhook/events');
    expect(answer['events']).toEqual(EVENT_NAMES);
  });
});

describe('many endpoints', () => {
  test('are made with a secret that is shown once, changed and removed', async () => {
    const made = await make({ events: ['message.*'], description: 'shop' });
    expect(made['secret']).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
    const shown = await show(made.id);
    expect(shown).toMatchObject({ events: ['message.*'], description: 'shop', enabled: true, state: 'active' });
    expect(shown).not.toHaveProperty('secret');

    const changes = { events: ['message.sent'], headers: { 'x-team': 'blue' }, timeout: 5, retry_attempts: 0 };
    const changed = await call('PATCH', `/webhooks/${made.id}`, { body: changes });
    expect(changed.body['webhook']).toMatchObject({ events: ['message.sent'], timeout: 5, retry_attempts: 0 });
    expect(changed.body['webhook']).not.toHaveProperty('secret');
    expect(await stored(made.id)).toMatchObject({ headers: { 'x-team': 'blue' }, description: 'shop' });

    await call('PATCH', `/webhooks/${made.id}`, { body: { enabled: false } });
    expect(await show(made.id)).toMatchObject({ enabled: false, state: 'disabled', reason: 'by_owner' });
    expect((await call('DELETE', `/webhooks/${made.id}`)).status).toBe(200);
    expect((await call('DELETE', `/webhooks/${made.id}`)).status).toBe(404);
  });

  test('a new secret leaves the old one good for a day, and both encrypted', async () => {
    const { id, secret } = await make();
    const rotated = await call('POST', `/webhooks/${id}/rotate-secret`);
    expect(rotated.body['secret']).toMatch(/^whsec_/);
    const [newest, old] = (await stored(id))?.secrets ?? [];
    expect(newest).toEqual({ secret: rotated.body['secret'] });
    expect(old?.secret).toBe(secret);
    expect(old?.until).toBeGreaterThan(Date.now() + 86_000_000);
    expect(old?.until).toBeLessThanOrEqual(Date.now() + 86_400_000);
    const raw = await harness.store.redis.hgetallBuffer(harness.store.keys.webhook(harness.tenantId, id));
    const everything = Buffer.concat(Object.values(raw)).toString('latin1');
    expect(everything).not.toContain(String(secret).slice(6));
    expect(everything).not.toContain(String(newest?.secret).slice(6));
  });

  test('belong to their tenant', async () => {
    const { id } = await make();
    for (const [method, path, body] of [
      ['GET', ''],
      ['PATCH', '', { enabled: false }],
      ['DELETE', ''],
      ['POST', '/rotate-secret', {}],
      ['POST', '/test'],
      ['POST', '/replay', { failed: true }],
      ['GET', '/deliveries'],
      ['GET', '/dead-letters'],
    ] as const) {
      const answer = await call(method, `/webhooks/${id}${path}`, { token: stranger, ...(body ? { body } : {}) });
      expect({ path, status: answer.status, code: answer.body['error_code'] }).toEqual({
        ...{ path, status: 404, code: 'WEBHOOK_NOT_FOUND' },
      });
    }
    expect((await call('GET', '/webhooks', { token: stranger })).body['webhooks']).toEqual([]);
    expect((await show(id))['enabled']).toBe(true);
  });

  test('are no more than WEBHOOK_MAX_ENDPOINTS', async () => {
    const { token } = await createTenant(harness.store);
    const body = { url: 'http://127.0.0.1:9/hook' };
    for (let n = 0; n < 20; n += 1) await call('POST', '/webhooks', { token, body });
    const answer = await call('POST', '/webhooks', { token, body });
    expect({ status: answer.status, code: answer.body['error_code'] }).toEqual({
      ...{ status: 409, code: 'WEBHOOK_LIMIT_REACHED' },
    });
  });
});

describe('refused by name', () => {
  test.each([
    ['a URL that is none', { url: 'nonsense' }, 'url'],
    ['another scheme', { url: 'ftp://example.com/' }, 'url'],
    ['a password in the URL', { url: 'https://me:secret@example.com/' }, 'url'],
    ['an address of the operator’s own network', { url: 'https://10.1.2.3/hook' }, 'url'],
    ['the address of a cloud’s metadata', { url: 'https://[::ffff:169.254.169.254]/' }, 'url'],
    ['no URL', { webhook_url: undefined, url: undefined }, 'url'],
    ['an event nobody knows', { events: ['message.flown'] }, 'events'],
    ['an event of another form', { events: ['Presence'] }, 'events'],
    ['a signature of one’s own', { headers: { 'Webhook-Signature': 'v1,x' } }, 'headers'],
    ['another host', { headers: { Host: 'example.org' } }, 'headers'],
    ['another length', { headers: { 'content-length': '3' } }, 'headers'],
    ['a line break in a header', { headers: { 'x-a': 'b\r\nc: d' } }, 'headers'],
    ['a device that is none', { device_ids: ['dev_x'] }, 'device_ids'],
    ['half a minute and a half', { timeout: 90 }, 'timeout'],
    ['a secret that is no key', { secret: 'whsec_short' }, 'secret'],
    ['endless retries', { retry_attempts: 1000 }, 'retry_attempts'],
  ])('%s', async (_what, body, field) => {
    const answer = await call('POST', '/webhooks', { body: { url: 'http://127.0.0.1:9/', ...body } });
    expect(answer.status).toBe(400);
    const [problem] = answer.body['validation'] as Array<{ field: string }>;
    expect(problem?.field).toMatch(new RegExp(`^${field}`));
  });

  test('someone else’s device', async () => {
    const { id } = await harness.store.devices.create('ten_other', 'theirs');
    const answer = await call('POST', '/webhooks', { body: { url: 'http://127.0.0.1:9/', device_ids: [id] } });
    expect(answer.body['error_code']).toBe('DEVICE_NOT_FOUND');
  });

  test('http outside the sandbox', async () => {
    const key = { SANDBOX_MODE: 'false', SESSION_ENCRYPTION_KEY: 'ab'.repeat(32) };
    const outside = await openHarness({ settings: { ...key, WEBHOOK_ALLOW_HOSTS: '127.0.0.1' } });
    try {
      const http = await outside.call('POST', '/webhooks', { body: { url: 'http://127.0.0.1:9/' } });
      expect(http.body['error']).toContain('https');
      const https = await outside.call('POST', '/webhooks', { body: { url: 'https://127.0.0.1:9/' } });
      expect(https.status).toBe(201);
      const loopback = await outside.call('POST', '/webhooks', { body: { url: 'https://127.0.0.2:9/' } });
      expect(loopback.status).toBe(400);
    } finally {
      await outside.close();
    }
  });

  test('a test, a replay of what is disabled, and a replay that says nothing', async () => {
    const { id } = await make({ enabled: false });
    for (const [path, body] of [['/test'], ['/replay', { failed: true }]] as const) {
      const answer = await call('POST', `/webhooks/${id}${path}`, body ? { body } : {});
      expect({ path, code: answer.body['error_code'] }).toEqual({ path, code: 'WEBHOOK_DISABLED' });
    }
    expect((await call('POST', `/webhooks/${id}/replay`, { body: {} })).status).toBe(400);
    expect((await call('POST', `/webhooks/${id}/replay`, { body: { failed: true, event_id: 'x' } })).status).toBe(400);
  });
});
