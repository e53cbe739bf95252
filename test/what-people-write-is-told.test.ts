/** From a phone to a customer's endpoint: `message.received`, and the media by `GET /messages/{id}/media`. */
import { createHash } from 'node:crypto';
import { createWebhookId, createWebhookSecret } from '@pombo/store';
import { eventually } from '@pombo/testing';
import { createWebhooksApp } from '@pombo/webhooks';
import { silentLogger } from '@pombo/runtime';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Receiver, startReceiver } from '../apps/webhooks/test/receiver.js';
import { type ApiClient, createApiClient } from './harness/api-client.js';
import { makePicture } from './harness/picture.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

const NUMBER = '5511999990042';
let stack: Stack;
let api: ApiClient;
let receiver: Receiver;
let device: TestDevice;
let picture: Buffer;

beforeAll(async () => {
  stack = await startStack({ env: { WEBHOOK_PORT: '0', INBOUND_MEDIA_MAX_BYTES: '100000' } });
  receiver = await startReceiver();
  stack.onClose(() => receiver.close());
  const webhooks = createWebhooksApp(stack.config, { logger: silentLogger });
  stack.onClose(() => webhooks.stop());
  await webhooks.start();
  await stack.store.webhooks.endpoints.put({
    ...{ id: createWebhookId(), tenantId: stack.tenantId, userId: 'usr_test', single: false, url: receiver.url() },
    ...{ events: ['message.received', 'device.*', 'message.sent'], deviceIds: [], headers: {}, enabled: true },
    ...{ description: '', secrets: [{ secret: createWebhookSecret() }] },
  });
  picture = await makePicture();
  device = await stack.addPairedDevice();
  await stack.startWorker();
  await stack.whenConnected(device.deviceId);
  api = await stack.startIngress();
});
afterAll(() => stack.close());

const eventOf = (messageId: string) =>
  eventually('the event of the message', () =>
    receiver.received.map(({ json }) => json).find(({ data }) => data['message_id'] === messageId),
  );

test('a text is told once, with who wrote it and what', async () => {
  const { id } = await stack.sandbox.reply(NUMBER, device.jid, 'bom dia');
  const event = await eventOf(id);
  expect(event).toMatchObject({
    event: 'message.received',
    device_id: device.deviceId,
    data: {
      ...{ status: 'received', type: 'text', text: 'bom dia', from_me: false, is_group: false },
      ...{ chat_jid: `${NUMBER}@s.whatsapp.net`, sender_jid: `${NUMBER}@s.whatsapp.net`, sender_name: 'Sandbox' },
      key: { id, remoteJid: `${NUMBER}@s.whatsapp.net`, fromMe: false },
    },
  });
  expect(receiver.counts().get(event.id)).toBe(1);
  const none = await api.get(`/messages/${id}/media`);
  expect({ status: none.status, code: none.body['error_code'] }).toEqual({ status: 404, code: 'MEDIA_NOT_FOUND' });
});

test('the choice from a list is told with the id of the row', async () => {
  const list = { title: 'Grande', listType: 1, singleSelectReply: { selectedRowId: 'row-7' } };
  const { id } = await stack.sandbox.write(NUMBER, device.jid, { message: { listResponseMessage: list } });
  const { data } = await eventOf(id);
  expect(data).toMatchObject({ type: 'list_reply', selection: { id: 'row-7', title: 'Grande' } });
});

test('a picture is told, and can be had by the id of its message', async () => {
  const sent = await api.post('/send/image', { number: NUMBER, image: picture.toString('base64') });
  const original = String(sent.body['message_id']);
  await stack.whenState(original, 'sent', 'delivered', 'read');
  await eventually('it reaches the phone', async () => {
    const { messages } = await stack.sandbox.recipient(NUMBER, { messageId: original });
    return messages.length > 0;
  });
  const { id } = await stack.sandbox.write(NUMBER, device.jid, { forward: original });
  const { data } = await eventOf(id);
  const [seen] = (await stack.sandbox.recipient(NUMBER, { messageId: original, withMediaBytes: true })).messages;
  expect(data).toMatchObject({ type: 'image', media: { kind: 'image', url: `/messages/${id}/media` } });
  const answer = await fetch(`${api.url}/messages/${id}/media`, { headers: { authorization: `Bearer ${api.token}` } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe((data['media'] as Record<string, unknown>)['mime_type']);
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(seen?.media?.sha256);
});

test('a stranger’s message cannot be had', async () => {
  const { token } = await stack.store.tenants.createToken((await stack.store.tenants.create('x')).tenantId, 'admin');
  const { id } = await stack.sandbox.reply(NUMBER, device.jid, 'segredo');
  await eventOf(id);
  const answer = await createApiClient(api.url, token).get(`/messages/${id}/media`);
  expect({ status: answer.status, code: answer.body['error_code'] }).toEqual({
    ...{ status: 404, code: 'MESSAGE_NOT_FOUND' },
  });
});

test('what is said of a device is told', () => {
  const events = receiver.received.map(({ json }) => json.event);
  expect(events).toContain('device.connected');
  expect(events).toContain('message.sent');
});
