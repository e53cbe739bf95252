import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTenant, type Harness, openHarness } from './ingress-harness.js';

let harness: Harness;
let stranger: string;

beforeAll(async () => {
  harness = await openHarness();
  stranger = (await createTenant(harness.store)).token;
});
afterAll(async () => harness.close());

test.each([
  ['GET', ''],
  ['GET', '/status'],
  ['DELETE', ''],
  ['POST', '/resend'],
])('%s /messages/{id}%s: someone else’s message cannot be told from one that does not exist', async (method, part) => {
  const sent = await harness.sendImage();
  const id = String(sent.body['message_id']);
  const unknown = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
  const before = (await harness.enqueued()).sort();
  const answers = await Promise.all(
    [id, unknown, 'nonsense'].map((path) => harness.call(method, `/messages/${path}${part}`, { token: stranger })),
  );
  for (const { status, body } of answers) {
    expect(status).toBe(404);
    expect(body).toMatchObject({ error_code: 'MESSAGE_NOT_FOUND', error: 'you have no message with this id' });
  }
  expect((await harness.enqueued()).sort()).toEqual(before);
  expect((await harness.store.messages.read(id))?.state).toBe('queued');
});

test('someone else’s device is neither listed, shown, paired nor spoken of', async () => {
  const { call, deviceId } = harness;
  const token = stranger;
  expect((await call('GET', '/devices', { token })).body).toEqual({ success: true, devices: [], data: [] });
  expect((await call('GET', `/devices/${deviceId}`, { token })).status).toBe(404);
  expect((await call('GET', `/qr?device_id=${deviceId}`, { token })).status).toBe(404);
  const status = await call('GET', `/status?device_id=${deviceId}`, { token });
  expect(status.status).toBe(200);
  expect(status.body['data']).toEqual({
    connected: false,
    status: null,
    device_id: null,
    jid: null,
    phone_number: null,
    is_logged_in: false,
    last_seen: null,
  });
});
