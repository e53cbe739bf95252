import { eventually } from '@pombo/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTenant, type Harness, NUMBER, openHarness } from './ingress-harness.js';

const MASTER = '7f3c5d1e9b2a48c6a0e4f1d2b3c4a5968778695a4b3c2d1e0f';

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness({ settings: { MASTER_TOKEN: MASTER } });
});
afterAll(() => harness.close());

test('a person is erased in the background: messages are gone with their jobs, and it says how many', async () => {
  const { call, sendImage, enqueued } = harness;
  const sent = [await sendImage(), await sendImage({ send_at: new Date(Date.now() + 3_600_000).toISOString() })];
  const other = await sendImage({ number: '447700900123' });
  const asked = await call('DELETE', `/recipients/+${NUMBER}`);
  expect(asked.status).toBe(202);
  const path = asked.headers.get('location') ?? '';
  expect(path).toBe(`/erasures/${String(asked.body['erasure_id'])}`);
  const done = await eventually('the erasure is done', async () => {
    const { body } = await call('GET', path);
    return body['status'] === 'done' ? body : undefined;
  });
  expect(done).toMatchObject({ messages_erased: 2, messages_canceled: 2, finished_at: expect.any(String) as unknown });
  for (const { body } of sent) expect((await call('GET', `/messages/${String(body['message_id'])}`)).status).toBe(404);
  const left = await enqueued();
  for (const { body } of sent) expect(left.filter((key) => key.includes(String(body['message_id'])))).toEqual([]);
  expect((await call('GET', '/messages')).body['messages']).toMatchObject([{ message_id: other.body['message_id'] }]);
});

test.each(['123', 'nobody', '120363000000000001@g.us'])('%s names no person to erase', async (number) => {
  const { status, body } = await harness.call('DELETE', `/recipients/${number}`);
  expect(status).toBe(400);
  expect(body['validation']).toMatchObject([{ field: 'number' }]);
});

test('a tenant that is removed ends at once: its tokens, its endpoints, its devices', async () => {
  const { call, store } = harness;
  const { tenantId, token } = await createTenant(store);
  const device = await call('POST', '/devices', { token, body: { name: 'x' } });
  const deviceId = (device.body['device'] as { id: string }).id;
  expect((await call('POST', '/webhooks', { token, body: { url: 'http://127.0.0.1:9/' } })).status).toBe(201);
  const removed = await call('DELETE', `/tenants/${tenantId}`, { token: MASTER });
  expect(removed.status).toBe(202);
  expect((await call('GET', '/me', { token })).status).toBe(401);
  expect((await call('DELETE', `/tenants/${tenantId}`, { token: MASTER })).status).toBe(202);
  const shown = await call('GET', `/tenants/${tenantId}`, { token: MASTER });
  expect(shown.body['tenant']).toMatchObject({ status: 'erasing' });
  expect((await call('POST', `/tenants/${tenantId}/token`, { token: MASTER })).status).toBe(404);
  const { endpoints } = store.webhooks;
  await eventually('its endpoint is gone', async () => (await endpoints.listOfTenant(tenantId)).length === 0);
  await eventually('its device is gone', async () => (await store.devices.read(deviceId)) === undefined);
});
