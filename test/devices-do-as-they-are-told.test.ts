/** The device routes against real workers: pairing by a typed code, connecting, disconnecting, unlinking, deleting, proxies. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { startHttpProxy } from '../packages/whatsapp/test/test-proxy.js';
import type { ApiClient } from './harness/api-client.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

const NUMBER = '5511999990301';

let stack: Stack;
let api: ApiClient;
beforeAll(async () => {
  stack = await startStack();
  api = await stack.startIngress();
  await stack.startWorker();
});
afterAll(() => stack.close());

const data = ({ body }: { body: Record<string, unknown> }) => body['data'] as Record<string, unknown>;
const sendText = (device_id: string) => api.post('/send/text', { number: NUMBER, text: 'oi', device_id });

async function connectedDevice(): Promise<TestDevice> {
  const device = await stack.addPairedDevice();
  await stack.whenConnected(device.deviceId);
  return device;
}

test('a code typed into the phone pairs a device', async () => {
  const { body } = await api.post('/devices', { name: 'by code' });
  const { device_id } = data({ body });
  const answer = await api.post('/paircode', { device_id, phone: '+55 (11) 98765-0301' });
  expect(answer).toMatchObject({ status: 200, body: { data: { phone: '5511987650301', cached: false } } });
  const { code, expires_in } = data(answer);
  expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  expect(expires_in).toBeGreaterThan(60);
  const again = await api.post('/paircode', { device_id, phone: '5511987650301' });
  expect(data(again)).toMatchObject({ code, cached: true });
  const typed = String(code).replace('-', '');
  await eventually('it is typed', () => stack.sandbox.pairCode('5511987650301', typed).catch(() => undefined));
  await stack.whenConnected(String(device_id));
  const late = await api.post('/paircode', { device_id, phone: '5511987650301' });
  expect(late).toMatchObject({ status: 409, body: { error_code: 'ALREADY_CONNECTED' } });
});

test('a disconnected device keeps its messages until it is connected again', async () => {
  const { deviceId: device_id } = await connectedDevice();
  const off = await api.post('/disconnect', { device_id });
  expect(data(off)).toMatchObject({ connected: false, status: 'offline', is_logged_in: true });
  const sent = await sendText(device_id);
  expect(sent.status).toBe(202);
  // The answer tells the state after five seconds at most, which on a busy machine may still be `connecting`.
  expect((await api.post('/connect', { device_id })).status).toBe(200);
  await stack.whenConnected(device_id);
  await stack.whenState(String(sent.body['message_id']), 'sent', 'delivered');
  expect(await api.post('/connect', { device_id })).toMatchObject({ status: 409 });
});

test('a device that is logged out is unlinked at WhatsApp and has to be paired again', async () => {
  const { deviceId: device_id, jid } = await connectedDevice();
  const out = await api.post('/logout', { device_id });
  expect(data(out)).toMatchObject({ connected: false, status: 'logged_out', is_logged_in: false, jid: null });
  await eventually('WhatsApp knows it no more', () => stack.sandbox.devices().every((device) => device.jid !== jid));
  expect(await sendText(device_id)).toMatchObject({ status: 409, body: { error_code: 'DEVICE_NOT_READY' } });
});

test('a deleted device is gone at once, and with it what waited, its keys and its link to the phone', async () => {
  const { deviceId: device_id, jid } = await connectedDevice();
  await api.post('/disconnect', { device_id });
  const waiting = await sendText(device_id);
  expect((await api.delete(`/devices/${device_id}`)).status).toBe(200);
  expect((await api.get(`/devices/${device_id}`)).status).toBe(404);
  expect(await sendText(device_id)).toMatchObject({ status: 404, body: { error_code: 'DEVICE_NOT_FOUND' } });
  await eventually('WhatsApp knows it no more', () => stack.sandbox.devices().every((device) => device.jid !== jid));
  const id = String(waiting.body['message_id']);
  expect(await stack.whenState(id, 'failed')).toMatchObject({ errorCode: 'DEVICE_NOT_READY' });
  const left = () => stack.store.redis.keys(`*${device_id}*`);
  await eventually('nothing is left of it', async () => (await left()).length === 0);
  expect((await api.get(`/messages/${id}`)).status).toBe(200);
});

test('a proxy is used from the moment it is set, and its password is never shown', async () => {
  const proxy = await startHttpProxy();
  stack.onClose(() => proxy.close());
  const { deviceId: device_id } = await connectedDevice();
  const changed = await api.patch(`/devices/${device_id}`, { name: 'far away', proxy: proxy.url.href });
  expect(changed.body['device']).toMatchObject({ name: 'far away', proxy: `http://${proxy.url.host}` });
  await eventually('it connects through the proxy', () => proxy.tunnels.length > 0);
  await stack.whenConnected(device_id);
  const sent = await sendText(device_id);
  await stack.whenState(String(sent.body['message_id']), 'sent', 'delivered');
  const stored = await stack.store.redis.hget(stack.store.keys.device(device_id), 'proxy');
  expect(Buffer.from(stored ?? '', 'base64').toString()).not.toContain('courier');
  const bad = await api.patch(`/devices/${device_id}`, { proxy: 'ftp://user:secret@host' });
  expect(bad).toMatchObject({ status: 400, body: { validation: [{ field: 'proxy' }] } });
  expect(JSON.stringify(bad.body)).not.toContain('secret');
});
