import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type Answer,
  createReadyDevice,
  createTenant,
  type Harness,
  IMAGE_URL,
  NUMBER,
  openHarness,
} from './ingress-harness.js';

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

test('a foreign device_id is answered as one that nobody has, wherever it can be given', async () => {
  const { call, deviceId, config } = harness;
  const token = stranger;
  const unknown = `${deviceId.slice(0, 8)}${deviceId.slice(8).split('').reverse().join('')}`;
  expect(unknown).not.toBe(deviceId);
  const asks: Array<(id: string) => Promise<Answer>> = [
    (device_id) => call('POST', '/send/text', { token, body: { number: NUMBER, text: 'oi', device_id } }),
    (id) => call('GET', `/messages?device_id=${id}`, { token }),
    (id) => call('GET', `/qr?device_id=${id}`, { token }),
    (id) => call('POST', '/users', { token, body: { name: 'Ana', devices: [id] } }),
  ];
  expect(config.DEFAULT_WAIT_SECONDS).toBe(0);
  for (const ask of asks) {
    const answers = [await ask(deviceId), await ask(unknown)];
    for (const { status, body } of answers)
      expect({ status, code: body['error_code'] }).toEqual({ status: 404, code: 'DEVICE_NOT_FOUND' });
    const [foreign, nobodys] = answers.map(({ body }) => body['error']);
    expect(foreign).toBe(nobodys);
  }
});

test('another tenant’s cursor, reference and Idempotency-Key lead to nothing of theirs', async () => {
  const { call, sendImage, store } = harness;
  const key = { 'idempotency-key': 'order-1' };
  await sendImage({ client_reference: 'order-1' });
  const first = await sendImage({ client_reference: 'order-1' }, key);
  const page = await call('GET', '/messages?limit=1');
  const other = await createTenant(store);
  const { token, tenantId } = other;
  await createReadyDevice(store, tenantId);

  const listed = await call('GET', `/messages?after=${String(page.body['next'])}`, { token });
  expect(listed.body).toMatchObject({ messages: [], next: null });
  expect((await call('GET', '/messages?client_reference=order-1', { token })).body).toMatchObject({ messages: [] });
  const body = { number: NUMBER, image_url: IMAGE_URL, client_reference: 'order-1' };
  const own = await call('POST', '/send/image', { token, body, headers: key });
  expect(own.status).toBe(202);
  expect(own.headers.get('idempotency-replayed')).toBeNull();
  expect(own.body['message_id']).not.toBe(first.body['message_id']);
});
