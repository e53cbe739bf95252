/** An account that WhatsApp has banned is not connected by itself: what is sent through it would only expire. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { createReadyDevice, createTenant, type Harness, NUMBER, openHarness } from './ingress-harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

const openTenant = async () => {
  const { tenantId, token } = await createTenant(harness.store);
  const deviceId = await createReadyDevice(harness.store, tenantId);
  const call = (path: string, body: object) => harness.call('POST', path, { token: `Bearer ${token}`, body });
  const send = (fields: object = {}) => call('/send/text', { number: NUMBER, text: 'oi', ...fields });
  const ban = (id: string) => harness.store.devices.report(id, { state: 'banned' });
  return { tenantId, deviceId, call, send, ban };
};

test('new messages are refused, named or not, and what waits goes on waiting', async () => {
  const { deviceId, send, ban } = await openTenant();
  const waiting = String((await send()).body['message_id']);
  await ban(deviceId);
  for (const fields of [{}, { device_id: deviceId }]) {
    const answer = await eventually('it is refused', async () => {
      const tried = await send(fields);
      return tried.status === 409 ? tried : undefined;
    });
    expect(answer.body['error_code']).toBe('DEVICE_NOT_READY');
    expect(answer.body['error']).toMatch(/banned.*POST \/connect/);
  }
  expect(await harness.store.messages.read(waiting)).toMatchObject({ state: 'queued' });
});

test('a send that names no device goes through another one', async () => {
  const { tenantId, deviceId, send, ban } = await openTenant();
  const other = await createReadyDevice(harness.store, tenantId);
  await harness.store.devices.report(other, { state: 'offline' });
  await ban(deviceId);
  await eventually('the other one is chosen', async () => (await send()).body['device_id'] === other);
  expect((await send()).body['device_id']).toBe(other);
});

test('once it is connected again it takes messages', async () => {
  const { deviceId, call, send, ban } = await openTenant();
  await ban(deviceId);
  await eventually('it is refused', async () => (await send()).status === 409);
  expect((await call('/connect', { device_id: deviceId })).status).toBe(200);
  await eventually('it is accepted', async () => (await send()).status === 202);
});
