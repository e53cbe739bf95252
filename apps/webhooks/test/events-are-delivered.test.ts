import { describeMessage } from '@pombo/contracts';
import { loadConfig } from '@pombo/runtime';
import { eventually, openTestStore } from '@pombo/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { buildBody } from '../src/delivery/build-body.js';
import { signEvent, signingKeys } from '../src/delivery/sign-event.js';
import { type EventBody, type Receiver, startReceiver } from './receiver.js';
import { openWebhooks, type WebhooksHarness } from './webhooks-harness.js';

let harness: WebhooksHarness;
let receiver: Receiver;
beforeAll(async () => {
  harness = await openWebhooks();
  receiver = await startReceiver();
  await harness.startApp();
});
afterAll(async () => {
  await harness.close();
  await receiver.close();
});

const eventsAt = (path: string) => receiver.received.filter((one) => one.path === path).map(({ json }) => json);
const whenCame = (path: string, count: number) =>
  eventually(`${count} events at ${path}`, () => eventsAt(path).length >= count && eventsAt(path));

describe('a message', () => {
  test('is told at every state, by events whose data are the record as it was then', async () => {
    await harness.addEndpoint(receiver.url('/states'));
    const id = await harness.queueMessage(harness.deviceId, { clientReference: 'order 7' });
    for (const state of ['processing', 'sent', 'delivered', 'read'] as const) await harness.move(id, state);
    const events = await whenCame('/states', 4);
    expect(new Set(events.map(({ event }) => event))).toEqual(
      new Set(['message.queued', 'message.sent', 'message.delivered', 'message.read']),
    );
    const record = await harness.store.messages.read(id);
    const polled = describeMessage(record!);
    for (const { id: eventId, event, data, device_id: deviceId, user_id: userId } of events) {
      const state = event.split('.')[1];
      expect(eventId).toBe(`evt_${id}_${state}`);
      expect({ deviceId, userId }).toEqual({ deviceId: harness.deviceId, userId: 'usr_test' });
      expect(data).toMatchObject({ message_id: id, status: state, client_reference: 'order 7' });
      // Whatever time an event tells is the one that is polled.
      for (const [name, value] of Object.entries(data)) if (name.endsWith('_at')) expect(value).toBe(polled[name]);
    }
    const sent = events.find(({ event }) => event === 'message.sent');
    expect(sent?.data).toHaveProperty('sent_at');
    expect(sent?.data).not.toHaveProperty('delivered_at');
    expect(sent?.timestamp).toBe(Math.floor((record?.sentAt ?? 0) / 1000));
  });

  test('that failed says why', async () => {
    await harness.addEndpoint(receiver.url('/failed'), { events: ['message.failed'] });
    const id = await harness.queueMessage();
    await harness.move(id, 'failed');
    const [event] = await whenCame('/failed', 1);
    expect(event?.data).toMatchObject({
      status: 'failed',
      error_code: 'MEDIA_INVALID',
      error: 'the picture is broken',
    });
  });
});

test('a received message that is no longer kept is told without a message id, not with a wrong one', () => {
  const event = { id: 'evt_0123456789abcdef01234567_received', event: 'message.received', at: Date.now() } as const;
  const body = buildBody({ ...event, deviceId: harness.deviceId, messageId: '0123456789abcdef01234567' }, {});
  expect((JSON.parse(body) as EventBody).data).toEqual({
    ...{ status: 'received', device_id: harness.deviceId, timestamp: expect.any(String) },
  });
});

test('an event of a device is told with what there is to say', async () => {
  await harness.addEndpoint(receiver.url('/devices'), { events: ['device.*'] });
  await harness.store.devices.report(
    harness.deviceId,
    { state: 'replaced' },
    { event: 'device.disconnected', data: { state: 'replaced' } },
  );
  const [event] = await whenCame('/devices', 1);
  expect(event).toMatchObject({
    event: 'device.disconnected',
    device_id: harness.deviceId,
    data: { device_id: harness.deviceId, state: 'replaced' },
  });
});

test('every delivery is signed as Standard Webhooks says, with each secret that is good', async () => {
  const { secret, ...name } = await harness.addEndpoint(receiver.url('/signed'), { events: ['message.queued'] });
  const newer = 'whsec_' + Buffer.alloc(32, 7).toString('base64');
  const ended = 'whsec_' + Buffer.alloc(32, 8).toString('base64');
  await harness.store.webhooks.endpoints.change(name, {
    secrets: [{ secret: newer }, { secret, until: Date.now() + 60_000 }, { secret: ended, until: Date.now() - 1 }],
  });
  await harness.queueMessage();
  await whenCame('/signed', 1);
  const { headers, body, json } = receiver.received.find(({ path }) => path === '/signed')!;
  for (const good of [newer, secret]) expect(new Webhook(good).verify(body, headers)).toEqual(json);
  expect(() => new Webhook(ended).verify(body, headers)).toThrow();
  expect(headers['webhook-id']).toBe(json.id);
  expect(headers['content-type']).toBe('application/json');
});

test('a replaced secret signs until its day is over, also at an endpoint that is never idle', () => {
  const end = Date.now();
  const [newer, older] = [7, 8].map((byte) => 'whsec_' + Buffer.alloc(32, byte).toString('base64'));
  const keys = signingKeys([{ secret: newer! }, { secret: older!, until: end }]);
  const signatures = (now: number) => signEvent('evt_1', '{}', keys, now).headers.at(-1)?.split(' ');
  expect(signatures(end - 1)).toHaveLength(2);
  expect(signatures(end + 1)).toHaveLength(1);
});

test('an answer that was stored with a key that is gone leaves the rest of the log as it is', async () => {
  const name = await harness.addEndpoint(receiver.url('/rotated'), { events: ['message.queued'] });
  const id = await harness.queueMessage();
  await whenCame('/rotated', 1);
  const key = Buffer.alloc(32, 9).toString('hex');
  const later = await openTestStore(loadConfig({ ...harness.env, SESSION_ENCRYPTION_KEY: key }));
  const attempts = await eventually('it is logged', async () => {
    const found = await later.store.webhooks.log.attempts(name, undefined, 10);
    return found.length > 0 && found;
  });
  await later.redis.quit();
  expect(attempts).toMatchObject([{ eventId: `evt_${id}_queued`, status: 200, verdict: 'ok', answer: undefined }]);
});

test('only what was asked for arrives: events, groups, devices, headers', async () => {
  const other = await harness.addDevice();
  const wanted = { events: ['message.canceled', 'device.*'], deviceIds: [other], headers: { 'x-team': 'blue' } };
  await harness.addEndpoint(receiver.url('/filtered'), wanted);
  for (const device of [harness.deviceId, other]) {
    const id = await harness.queueMessage(device);
    await harness.store.messages.cancel(id, device);
    await harness.store.devices.report(device, { state: 'connected' }, { event: 'device.connected' });
  }
  await whenCame('/filtered', 2);
  const came = receiver.received.filter(({ path }) => path === '/filtered');
  expect(came.map(({ json }) => [json.event, json.device_id]).sort()).toEqual([
    ['device.connected', other],
    ['message.canceled', other],
  ]);
  expect(came[0]?.headers['x-team']).toBe('blue');
});

test('what happened before an endpoint was made is not for it, and neither is what a stranger does', async () => {
  const { tenantId } = await harness.store.tenants.create('a stranger');
  await harness.queueMessage();
  await harness.addEndpoint(receiver.url('/stranger'), { tenantId });
  await harness.addEndpoint(receiver.url('/late'), { events: ['message.queued'] });
  const id = await harness.queueMessage();
  const events = await whenCame('/late', 1);
  expect(events.map(({ data }) => data['message_id'])).toEqual([id]);
  expect(eventsAt('/stranger')).toEqual([]);
});

test('a message that arrives although it was given up does not change what was said of its failure', async () => {
  await harness.addEndpoint(receiver.url('/late-ack'), { events: ['message.failed', 'message.sent'] });
  const id = await harness.queueMessage();
  const { messages } = harness.store;
  await messages.transition(id, harness.deviceId, 'failed', { error: { code: 'SEND_TIMEOUT', message: 'no ack' } });
  await messages.transition(id, harness.deviceId, 'sent');
  const events = await whenCame('/late-ack', 2);
  const failed = events.find(({ event }) => event === 'message.failed');
  expect(failed?.data).toMatchObject({ status: 'failed', error_code: 'SEND_TIMEOUT' });
  expect(failed?.data).not.toHaveProperty('sent_at');
  expect(events.find(({ event }) => event === 'message.sent')?.data).not.toHaveProperty('error_code');
});

test('an event that outlives its message still says which it was and what became of it', () => {
  const messageId = harness.store.messages.createId(harness.deviceId);
  const body = buildBody(
    {
      ...{ id: 'evt_x', event: 'message.expired', at: 1_700_000_000_000, deviceId: harness.deviceId },
      ...{ messageId, errorCode: 'EXPIRED' },
    },
    {},
  );
  expect(JSON.parse(body)).toMatchObject({
    ...{ id: 'evt_x', event: 'message.expired', timestamp: 1_700_000_000, device_id: harness.deviceId, user_id: null },
    data: { message_id: messageId, status: 'expired', error_code: 'EXPIRED' },
  });
});
