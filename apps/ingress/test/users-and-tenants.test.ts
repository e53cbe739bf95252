import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { keysOf } from '@pombo/testing';
import { createReadyDevice, createTenant, type Harness, NUMBER, openHarness } from './ingress-harness.js';

const MASTER = '7f3c5d1e9b2a48c6a0e4f1d2b3c4a5968778695a4b3c2d1e0f';

let harness: Harness;
let tenantId: string;
let admin: string;

beforeAll(async () => {
  harness = await openHarness({ settings: { MASTER_TOKEN: MASTER } });
});
beforeEach(async () => {
  ({ tenantId, token: admin } = await createTenant(harness.store));
});
afterAll(() => harness.close());

const as = (token: string) => (method: string, path: string, body?: unknown) =>
  harness.call(method, path, { token: `Bearer ${token}`, ...(body === undefined ? {} : { body }) });
const makeUser = async (fields: object) => {
  const { status, body } = await as(admin)('POST', '/users', { name: 'Ana', ...fields });
  expect(status).toBe(201);
  const user = body['user'] as Record<string, unknown>;
  return { id: String(user['id']), user, token: String(body['token']) };
};
const text = { number: NUMBER, text: 'oi' };

describe('an admin', () => {
  test('makes a user, whose token is shown once and works at once', async () => {
    const { id, user, token } = await makeUser({ name: ' Ana ' });
    expect(user).toMatchObject({ name: 'Ana', role: 'user', devices: 'all', enabled: true });
    const me = await as(token)('GET', '/me');
    expect(me.body).toMatchObject({ tenant_id: tenantId, user: { id, role: 'user' } });
    const listed = await as(admin)('GET', '/users');
    expect(listed.text).not.toContain(token);
    expect((listed.body['users'] as unknown[]).length).toBe(2);
  });

  test('changes what a user may do, and the next request of that user knows', async () => {
    const { id, token } = await makeUser({});
    expect((await as(token)('POST', '/devices', { name: 'x' })).status).toBe(403);
    expect((await as(admin)('PATCH', `/users/${id}`, { role: 'manager', name: 'Bia' })).body).toMatchObject({
      user: { id, role: 'manager', name: 'Bia' },
    });
    expect((await as(token)('POST', '/devices', { name: 'x' })).status).toBe(201);
    await as(admin)('PATCH', `/users/${id}`, { enabled: false });
    expect((await as(token)('GET', '/me')).status).toBe(401);
  });

  test('replaces a token: the old one ends at once', async () => {
    const { id, token } = await makeUser({});
    const { status, body } = await as(admin)('POST', `/users/${id}/token`);
    expect(status).toBe(201);
    expect((await as(token)('GET', '/me')).status).toBe(401);
    expect((await as(String(body['token']))('GET', '/me')).status).toBe(200);
  });

  test('removes a user, once', async () => {
    const { id, token } = await makeUser({});
    expect((await as(admin)('DELETE', `/users/${id}`)).body).toMatchObject({ success: true, user_id: id });
    expect((await as(token)('GET', '/me')).status).toBe(401);
    expect((await as(admin)('DELETE', `/users/${id}`)).status).toBe(404);
  });

  test('cannot take their own access away', async () => {
    const me = (await as(admin)('GET', '/me')).body['user'] as { id: string };
    const attempts = [
      as(admin)('DELETE', `/users/${me.id}`),
      as(admin)('PATCH', `/users/${me.id}`, { role: 'user' }),
      as(admin)('PATCH', `/users/${me.id}`, { enabled: false }),
    ];
    for (const { status, body } of await Promise.all(attempts))
      expect({ status, code: body['error_code'] }).toEqual({ status: 403, code: 'FORBIDDEN' });
    expect((await as(admin)('PATCH', `/users/${me.id}`, { name: 'Chief' })).status).toBe(200);
  });

  test.each([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 'x', role: 'king' }, 'role'],
    [{ name: 'x', devices: 'some' }, 'devices'],
    [{ name: 'x', devices: ['nonsense'] }, 'devices'],
    [{ name: 'x', role: 'admin', devices: [] }, 'devices'],
  ])('is told what is wrong with %j', async (body, field) => {
    const answer = await as(admin)('POST', '/users', body);
    expect(answer.status).toBe(400);
    expect(answer.body['validation']).toMatchObject([{ field }]);
  });

  test('is warned of a field nobody knows, which might have been a restriction', async () => {
    const { body } = await as(admin)('POST', '/users', { name: 'x', devcies: [] });
    expect(body['warnings']).toMatchObject([
      { field: 'devcies', message: expect.stringContaining('did you mean devices') as unknown },
    ]);
  });
});

describe('a user with some of the devices', () => {
  let allowed: string;
  let hidden: string;
  let token: string;
  let userId: string;

  beforeEach(async () => {
    hidden = await createReadyDevice(harness.store, tenantId);
    allowed = await createReadyDevice(harness.store, tenantId);
    ({ token, id: userId } = await makeUser({ role: 'manager', devices: [allowed] }));
  });

  test('sends with these only, whatever waits where', async () => {
    for (let sent = 0; sent < 3; sent++)
      expect((await as(token)('POST', '/send/text', text)).body).toMatchObject({ device_id: allowed });
    const refused = await as(token)('POST', '/send/text', { ...text, device_id: hidden });
    expect(refused.body).toMatchObject({ error_code: 'DEVICE_NOT_FOUND' });
    expect(refused.status).toBe(404);
  });

  test('sees nothing of the others, nor of their messages', async () => {
    const call = as(token);
    const sent = await as(admin)('POST', '/send/text', { ...text, device_id: hidden });
    const id = String(sent.body['message_id']);
    const own = await as(admin)('POST', '/send/text', { ...text, device_id: allowed });
    expect((await call('GET', '/devices')).body['devices']).toMatchObject([{ id: allowed }]);
    for (const path of [
      `/devices/${hidden}`,
      `/messages/${id}`,
      `/messages?device_id=${hidden}`,
      `/qr?device_id=${hidden}`,
    ])
      expect((await call('GET', path)).status).toBe(404);
    expect((await call('GET', `/status?device_id=${hidden}`)).body['data']).toMatchObject({ device_id: null });
    expect((await call('DELETE', `/messages/${id}`)).status).toBe(404);
    expect((await call('POST', `/messages/${id}/resend`, {})).status).toBe(404);
    expect((await call('GET', '/messages')).body['messages']).toMatchObject([{ message_id: own.body['message_id'] }]);
  });

  test('may use a device they made', async () => {
    const { body } = await as(token)('POST', '/devices', { name: 'mine' });
    const { id } = body['device'] as { id: string };
    expect((await as(token)('GET', `/devices/${id}`)).status).toBe(200);
    expect((await as(admin)('GET', `/users/${userId}`)).body['user']).toMatchObject({ devices: [allowed, id] });
  });

  test('with none is told that there is none', async () => {
    await as(admin)('PATCH', `/users/${userId}`, { devices: [] });
    const { status, body } = await as(token)('POST', '/send/text', text);
    expect({ status, code: body['error_code'] }).toEqual({ status: 404, code: 'DEVICE_NOT_FOUND' });
  });
});

describe('the master token', () => {
  test('makes a tenant with an admin, shows and changes it, and is itself nowhere in Redis', async () => {
    const made = await as(MASTER)('POST', '/tenants', { name: 'Padaria' });
    expect(made.status).toBe(201);
    const tenant = made.body['tenant'] as { id: string };
    const first = String(made.body['token']);
    expect((await as(first)('GET', '/me')).body).toMatchObject({ tenant_id: tenant.id, user: { role: 'admin' } });
    expect((await as(MASTER)('GET', `/tenants/${tenant.id}`)).body['tenant']).toMatchObject({
      ...{ id: tenant.id, name: 'Padaria', enabled: true, status: 'active' },
      ...{ user_count: 1, device_count: 0, queue_depth: 0 },
    });
    const listed = (await as(MASTER)('GET', '/tenants')).body['tenants'] as Array<{ id: string }>;
    expect(listed.map(({ id }) => id)).toContain(tenant.id);

    await as(MASTER)('PATCH', `/tenants/${tenant.id}`, { enabled: false });
    expect((await as(first)('GET', '/me')).status).toBe(401);
    await as(MASTER)('PATCH', `/tenants/${tenant.id}`, { enabled: true });
    expect((await as(first)('GET', '/me')).status).toBe(200);
    const second = await as(MASTER)('POST', `/tenants/${tenant.id}/token`);
    expect((await as(String(second.body['token']))('GET', '/users')).status).toBe(200);

    const keys = await keysOf(harness.store.redis, harness.config.REDIS_PREFIX);
    const dumps = await Promise.all(keys.map((key) => harness.store.redis.dumpBuffer(key)));
    for (const secret of [MASTER, first]) expect(dumps.some((dump) => dump?.includes(secret))).toBe(false);
  });

  test('answers 404 for a tenant that nobody has', async () => {
    for (const id of ['nonsense', `ten_${'0'.repeat(20)}`]) {
      expect((await as(MASTER)('GET', `/tenants/${id}`)).status).toBe(404);
      expect((await as(MASTER)('PATCH', `/tenants/${id}`, { name: 'x' })).status).toBe(404);
      expect((await as(MASTER)('POST', `/tenants/${id}/token`)).status).toBe(404);
    }
  });

  test('is taken with any case of the scheme, or bare, and nowhere but in the header', async () => {
    for (const token of [`bearer ${MASTER}`, `BEARER  ${MASTER}`, MASTER])
      expect((await harness.call('GET', '/tenants', { token })).status).toBe(200);
    expect((await harness.call('GET', `/tenants?token=${MASTER}`, { token: undefined })).status).toBe(401);
    expect((await harness.call('GET', '/tenants', { token: `Bearer ${MASTER.slice(0, -1)}` })).status).toBe(401);
  });
});

test('where there is no master token nobody has it', async () => {
  const plain = await openHarness();
  try {
    for (const token of ['', 'undefined', 'Bearer undefined', MASTER])
      expect((await plain.call('GET', '/tenants', { token })).status).toBe(401);
    expect((await plain.call('GET', '/tenants')).status).toBe(403);
  } finally {
    await plain.close();
  }
});
