/** Each name a customer can subscribe to, brought about by what brings it about in life, as it arrives. */
import { describeMessage, EVENT_NAMES, type EventName, type MessageState } from '@pombo/contracts';
import { eventually } from '@pombo/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { type Received, type Receiver, startReceiver } from './receiver.js';
import { openWebhooks, type WebhooksHarness } from './webhooks-harness.js';

let harness: WebhooksHarness;
let receiver: Receiver;
let secret: string;
/** The first of each name. */
let came: Map<string, Received>;
const messageOf = new Map<string, string>();

beforeAll(async () => {
  harness = await openWebhooks();
  receiver = await startReceiver();
  await harness.startApp();
  ({ secret } = await harness.addEndpoint(receiver.url()));
  await bringAllAbout();
  came = await eventually('every event', () => {
    const byName = new Map(receiver.received.map((one) => [one.json.event, one]));
    return byName.size >= EVENT_NAMES.length && byName;
  });
});
afterAll(async () => {
  await harness.close();
  await receiver.close();
});

const END = Date.now() + 600_000;
const WRITTEN = {
  ...{ messageId: '3A5C0F1E9B7D2468ACE0', chatJid: '5511999990000@s.whatsapp.net', type: 'text', text: 'hello' },
  ...{ senderJid: '5511999990000@s.whatsapp.net', senderName: 'Ana', sentAt: 1_772_366_400_000 },
};
const PHONE = { jid: '5511988880000:3@s.whatsapp.net', phone_number: '5511988880000' };

async function bringAllAbout(): Promise<void> {
  await moveMessages();
  const { store, deviceId, tenantId } = harness;
  await store.received.receive({ message: WRITTEN, deviceId, tenantId });
  await store.devices.codes.showQr(deviceId, { qr: '2@code', expiresAt: END });
  const tell = (event: EventName, data?: Record<string, unknown>) =>
    store.devices.report(deviceId, {}, { event: event as never, ...(data ? { data } : {}) });
  await tell('pair.success', PHONE);
  await tell('device.connected', PHONE);
  await tell('device.disconnected', { state: 'offline' });
  await tell('device.logged_out');
  await store.restrictions.set({ deviceId, epoch: harness.epoch }, { until: END, type: 'DEFAULT' });
}

async function moveMessages(): Promise<void> {
  const paths: MessageState[][] = [['processing', 'sent', 'delivered', 'read', 'played'], ['failed'], ['expired']];
  for (const path of paths) {
    const id = await harness.queueMessage();
    for (const state of path) {
      await harness.move(id, state);
      if (state !== 'processing') messageOf.set(`message.${state}`, id);
    }
    if (!messageOf.has('message.queued')) messageOf.set('message.queued', id);
  }
  const canceled = await harness.queueMessage();
  await harness.store.messages.cancel(canceled, harness.deviceId);
  messageOf.set('message.canceled', canceled);
}

test.each(EVENT_NAMES)('%s arrives signed, in the envelope of all events', (name) => {
  const { headers, body, json } = came.get(name)!;
  expect(new Webhook(secret).verify(body, headers)).toEqual(json);
  expect(Object.keys(json)).toEqual(['id', 'event', 'timestamp', 'device_id', 'user_id', 'data']);
  expect(json).toMatchObject({ id: headers['webhook-id'], event: name, device_id: harness.deviceId });
  expect(json.id).toMatch(/^evt_[\w-]+$/);
  expect(Math.abs(json.timestamp - Date.now() / 1000)).toBeLessThan(120);
  expect(json.user_id).toBe(messageOf.has(name) ? 'usr_test' : null);
});

test('an event of a message says what was polled at that moment, under the names of the API', async () => {
  for (const [name, id] of messageOf) {
    const data = receiver.received.find(({ json }) => json.event === name && json.data['message_id'] === id)?.json.data;
    expect(data).toMatchObject({ message_id: id, status: name.slice('message.'.length), type: 'text' });
    const polled = describeMessage((await harness.store.messages.read(id))!);
    for (const [field, value] of Object.entries(data!)) if (field.endsWith('_at')) expect(value).toBe(polled[field]);
  }
});

test('the others say what there is to say', () => {
  const device = { device_id: harness.deviceId };
  const until = new Date(END).toISOString();
  const said: Partial<Record<EventName, object>> = {
    'message.received': { message_id: WRITTEN.messageId, status: 'received', text: 'hello', sender_name: 'Ana' },
    'device.connected': { ...device, ...PHONE },
    'device.disconnected': { ...device, state: 'offline' },
    'device.logged_out': device,
    'device.restricted': { ...device, error_code: 'ACCOUNT_RESTRICTED', restriction: { until, type: 'DEFAULT' } },
    'qr.generated': { ...device, qr_code: '2@code', expires_at: until },
    'pair.success': { ...device, ...PHONE },
  };
  for (const [name, data] of Object.entries(said)) expect(came.get(name)?.json.data).toMatchObject(data);
});
