/** A manager that may use some devices only is told of no others, however an endpoint is made, changed or replayed. */
import { silentLogger } from '@pombo/runtime';
import { eventually } from '@pombo/testing';
import { createWebhooksApp } from '@pombo/webhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  createReadyDevice,
  createTenant,
  type Harness,
  NUMBER,
  openHarness,
} from '../apps/ingress/test/ingress-harness.js';
import { type Receiver, startReceiver } from '../apps/webhooks/test/receiver.js';

let harness: Harness;
let webhooks: ReturnType<typeof createWebhooksApp>;
let receiver: Receiver;
beforeAll(async () => {
  harness = await openHarness({ settings: { WEBHOOK_PORT: '0' } });
  webhooks = createWebhooksApp(harness.config, { logger: silentLogger });
  await webhooks.start();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await webhooks.stop();
  await harness.close();
});

let admin: string;
let mine: string;
let other: string;
let manager: { readonly id: string; readonly token: string };
beforeEach(async () => {
  const tenant = await createTenant(harness.store);
  admin = tenant.token;
  mine = await createReadyDevice(harness.store, tenant.tenantId);
  other = await createReadyDevice(harness.store, tenant.tenantId);
  manager = await makeManager([mine]);
  receiver.received.length = 0;
});

const as = async (token: string, method: string, path: string, body?: unknown) => {
  const answer = await harness.call(method, path, {
    token: `Bearer ${token}`,
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, code: answer.body['error_code'], body: answer.body };
};
const makeManager = async (devices: readonly string[]) => {
  const { body } = await as(admin, 'POST', '/users', { name: 'Ana', role: 'manager', devices });
  return { id: (body['user'] as { id: string }).id, token: String(body['token']) };
};
const makeEndpoint = async (token: string, path: string, fields: object = {}): Promise<string> => {
  const { status, body } = await as(token, 'POST', '/webhooks', { url: receiver.url(path), ...fields });
  expect(status).toBe(201);
  return (body['webhook'] as { id: string }).id;
};
const show = async (id: string) => (await as(admin, 'GET', `/webhooks/${id}`)).body['webhook'];
/** @returns the id of the event that tells of it. */
const send = async (deviceId: string): Promise<string> => {
  const { status, body } = await as(admin, 'POST', '/send/text', { number: NUMBER, text: 'oi', device_id: deviceId });
  expect(status).toBe(202);
  return `evt_${String(body['message_id'])}_queued`;
};
const toldAt = (path: string): string[] =>
  receiver.received.filter((one) => one.path === path).map(({ json }) => json.id);
const whenTold = (path: string, eventId: string) =>
  eventually(`${path} is told of ${eventId}`, () => toldAt(path).includes(eventId));

/** One event of each device, the other one's first: what is to be told of the second is told after it. */
async function tellOfBoth(): Promise<{ readonly ofMine: string; readonly ofOther: string }> {
  const ofOther = await send(other);
  await whenTold('/admin', ofOther);
  const ofMine = await send(mine);
  await whenTold('/admin', ofMine);
  return { ofMine, ofOther };
}

test.each([
  ['without device_ids', '/webhooks', {}],
  ['of the public API', '/webhook', {}],
])('an endpoint %s is told of its user’s devices only, as they change', async (_which, route, fields) => {
  await makeEndpoint(admin, '/admin');
  await as(manager.token, 'POST', route, { url: receiver.url('/mine'), ...fields });
  const first = await tellOfBoth();
  await whenTold('/mine', first.ofMine);

  await as(admin, 'PATCH', `/users/${manager.id}`, { devices: [other] });
  const second = await tellOfBoth();
  await whenTold('/mine', second.ofOther);

  await as(admin, 'PATCH', `/users/${manager.id}`, { devices: [] });
  const third = await tellOfBoth();
  await as(admin, 'PATCH', `/users/${manager.id}`, { devices: 'all' });
  const fourth = await tellOfBoth();
  await whenTold('/mine', fourth.ofMine);
  await whenTold('/mine', fourth.ofOther);
  const told = toldAt('/mine');
  for (const never of [first.ofOther, second.ofMine, third.ofMine, third.ofOther]) expect(told).not.toContain(never);
});

test('a device that a manager makes belongs to what its endpoint is told', async () => {
  const id = await makeEndpoint(manager.token, '/mine');
  const { body } = await as(manager.token, 'POST', '/devices', { name: 'new' });
  const { id: deviceId } = body['device'] as { id: string };
  const tenantId = String((await as(admin, 'GET', '/me')).body['tenant_id']);
  const endpoint = await harness.store.webhooks.endpoints.read({ tenantId, webhookId: id });
  expect(endpoint?.scope).toEqual([mine, deviceId]);
});

test('an endpoint that an admin widens is still told of no other devices', async () => {
  await makeEndpoint(admin, '/admin');
  const id = await makeEndpoint(manager.token, '/mine', { device_ids: [mine] });
  expect((await as(admin, 'PATCH', `/webhooks/${id}`, { device_ids: [mine, other] })).status).toBe(200);
  const { ofMine, ofOther } = await tellOfBoth();
  await whenTold('/mine', ofMine);
  expect(toldAt('/mine')).not.toContain(ofOther);
});

test('a replay brings nothing of other devices', async () => {
  await makeEndpoint(admin, '/admin');
  const id = await makeEndpoint(manager.token, '/mine', { retry_attempts: 0 });
  const since = new Date(Date.now() - 60_000).toISOString();
  const { ofOther } = await tellOfBoth();
  const one = await as(manager.token, 'POST', `/webhooks/${id}/replay`, { event_id: ofOther });
  expect(one).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  expect((await as(manager.token, 'POST', `/webhooks/${id}/replay`, { since })).body).toMatchObject({ complete: true });
  expect((await as(admin, 'POST', `/webhooks/${id}/replay`, { since })).body).toMatchObject({ complete: true });
  const again = await send(mine);
  await whenTold('/mine', again);
  expect(toldAt('/mine')).not.toContain(ofOther);
});

test('dead letters of a device that was taken away are not delivered again', async () => {
  receiver.answer = (response, { path }) => void response.writeHead(path === '/mine' ? 500 : 200).end();
  await makeEndpoint(admin, '/admin');
  const id = await makeEndpoint(manager.token, '/mine', { retry_attempts: 0 });
  const ofMine = await send(mine);
  await whenTold('/mine', ofMine);
  await eventually('it is given up', async () => {
    const { body } = await as(admin, 'GET', `/webhooks/${id}`);
    return (body['webhook'] as { dead_letters: number }).dead_letters > 0;
  });
  receiver.answer = (response) => void response.writeHead(200).end();
  await as(admin, 'PATCH', `/users/${manager.id}`, { devices: [other] });
  const replayed = await as(manager.token, 'POST', `/webhooks/${id}/replay`, { failed: true });
  expect(replayed.body).toMatchObject({ queued: 0, complete: true });
});

test('endpoints of others are not there for a manager with a list', async () => {
  const id = await makeEndpoint(admin, '/admin', { device_ids: [mine] });
  const own = await makeEndpoint(manager.token, '/mine');
  const listed = (await as(manager.token, 'GET', '/webhooks')).body['webhooks'] as Array<{ id: string }>;
  expect(listed.map((one) => one.id)).toEqual([own]);
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
    const { status, code } = await as(manager.token, method, `/webhooks/${id}${path}`, body);
    expect({ path, status, code }).toEqual({ path, status: 404, code: 'WEBHOOK_NOT_FOUND' });
  }
  expect(await show(id)).toMatchObject({ enabled: true });
  expect((await as(admin, 'GET', '/webhooks')).body['webhooks']).toHaveLength(2);
});

test.each([
  ['removed', () => as(admin, 'DELETE', `/users/${manager.id}`)],
  ['disabled', () => as(admin, 'PATCH', `/users/${manager.id}`, { enabled: false })],
])('the endpoint of a user that is %s is told nothing, until someone else takes it over', async (_how, end) => {
  await makeEndpoint(admin, '/admin');
  const id = await makeEndpoint(manager.token, '/mine');
  expect((await end()).status).toBe(200);
  expect(await show(id)).toMatchObject({ enabled: false, state: 'disabled', reason: 'user_disabled' });
  const missed = await tellOfBoth();

  const me = (await as(admin, 'GET', '/me')).body['user'] as { id: string };
  expect((await as(admin, 'PATCH', `/webhooks/${id}`, { enabled: true })).status).toBe(200);
  expect(await show(id)).toMatchObject({ enabled: true, state: 'active', user_id: me.id });
  const { ofOther, ofMine } = await tellOfBoth();
  await whenTold('/mine', ofOther);
  await whenTold('/mine', ofMine);
  for (const never of [missed.ofMine, missed.ofOther]) expect(toldAt('/mine')).not.toContain(never);
});
