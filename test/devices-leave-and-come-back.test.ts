/** A backup is made over the API, the device goes on sending, and the backup is imported: people can read what it sends. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApiClient, createApiClient } from './harness/api-client.js';
import { startStack, type Stack } from './harness/stack.js';

const NUMBER = '5511999990401';
const passphrase = 'correct horse battery staple';

let stack: Stack;
let api: ApiClient;
beforeAll(async () => {
  stack = await startStack();
  api = await stack.startIngress();
  await stack.startWorker();
});
afterAll(() => stack.close());

async function send(device_id: string, through = api): Promise<string> {
  const { body } = await through.post('/send/text', { number: NUMBER, text: 'oi', device_id });
  const id = String(body['message_id']);
  await stack.whenState(id, 'delivered');
  return id;
}

test('an imported backup is the device as it was, and what it sends can be read', async () => {
  const { deviceId, jid } = await stack.addPairedDevice();
  await stack.whenConnected(deviceId);
  await send(deviceId);
  await stack.sandbox.reply(NUMBER, jid, 'thank you');
  await send(deviceId);
  await api.patch(`/devices/${deviceId}`, { pacing: { per_day: 500 } });
  const exported = await api.post(`/devices/${deviceId}/export`, { passphrase });
  const backup = String(exported.body['backup']);
  expect(exported).toMatchObject({ status: 200, body: { device_id: deviceId } });
  expect(backup).not.toContain(jid.split(':')[0]);
  for (let sent = 0; sent < 3; sent += 1) await send(deviceId);

  const twin = await api.post('/devices/import', { backup, passphrase });
  expect(twin).toMatchObject({ status: 409, body: { error_code: 'ALREADY_CONNECTED' } });
  const other = await api.post('/devices/import', { backup, passphrase: 'another passphrase' });
  expect(other).toMatchObject({ status: 400, body: { validation: [{ field: 'backup' }] } });
  const spoilt = await api.post('/devices/import', { backup: `${backup.slice(0, -4)}AAAA`, passphrase });
  expect(spoilt.status).toBe(400);

  await api.post('/disconnect', { device_id: deviceId });
  const { tenantId } = await stack.store.tenants.create('elsewhere');
  const { token } = await stack.store.tenants.createToken(tenantId, 'admin');
  const elsewhere = createApiClient(api.url, token);
  const imported = await elsewhere.post('/devices/import', { backup, passphrase, name: 'moved' });
  expect(imported).toMatchObject({ status: 201, body: { device: { name: 'moved' } } });
  const id = String((imported.body['data'] as Record<string, unknown>)['device_id']);
  await stack.whenConnected(id);
  await send(id, elsewhere);
  expect(stack.sandbox.counters().decryptFailures).toBe(0);
  expect((await stack.store.pacings.read(id, stack.config.PACING)).own).toEqual({ per_day: 500 });
  expect(await stack.store.redis.zcard(stack.store.keys.chats(id))).toBeGreaterThan(0);
  expect(await stack.store.redis.hexists(stack.store.keys.auth(id), 'imported')).toBe(0);
});

test('only a paired device can be exported', async () => {
  const { body } = await api.post('/devices', { name: 'new' });
  const { device_id } = body['data'] as { device_id: string };
  const refused = await api.post(`/devices/${device_id}/export`, { passphrase });
  expect(refused).toMatchObject({ status: 409, body: { error_code: 'DEVICE_NOT_READY' } });
  const short = await api.post(`/devices/${device_id}/export`, { passphrase: 'short' });
  expect(short).toMatchObject({ status: 400, body: { validation: [{ field: 'passphrase' }] } });
  expect(JSON.stringify(short.body)).not.toContain('short');
});
