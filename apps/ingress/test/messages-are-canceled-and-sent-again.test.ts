import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MessageState } from '@pombo/contracts';
import { createDirectoryBlobStore, removeOlderThan } from '@pombo/media';
import { createConsumer } from '@pombo/queue';
import { silentLogger } from '@pombo/runtime';
import { eventually } from '@pombo/testing';
import { createReadyDevice, createTenant, type Harness, IMAGE_URL, NUMBER, openHarness } from './ingress-harness.js';
import { PNG_BASE64 } from './sample-png.js';

let harness: Harness;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(async () => harness.close());

const TIME = /^\d{4}-.*\.\d{3}Z$/;
const GROUP = '120363041234567890@g.us';

async function sent(fields: Record<string, unknown> = {}): Promise<string> {
  return String((await harness.sendImage(fields)).body['message_id']);
}
const move = (id: string, state: MessageState, details = {}) =>
  harness.store.messages.transition(id, harness.deviceId, state, details);
const jobsOf = async (id: string): Promise<string[]> =>
  (await harness.enqueued()).filter((key) => key.includes(':q-') && key.endsWith(id));
const FAILED = { error: { code: 'MEDIA_DOWNLOAD_FAILED', message: 'the picture could not be fetched' } };

describe('GET /messages/{id}/status', () => {
  test('knows pending, delivered, read and played, and has Pombo’s own word in state', async () => {
    const id = await sent({ number: GROUP });
    const seen: unknown[] = [];
    for (const state of ['queued', 'processing', 'sent', 'delivered', 'read', 'played'] as const) {
      await move(id, state);
      const { body } = await harness.call('GET', `/messages/${id}/status`);
      seen.push([body['state'], body['status']]);
      if (state === 'queued') {
        expect(body).toEqual({
          ...{ success: true, message_id: id, chat_jid: GROUP, is_group: true, status: 'pending', state: 'queued' },
          ...{ delivered_at: null, read_at: null, played_at: null },
        });
      }
      if (state === 'played') {
        const reached = expect.stringMatching(TIME);
        expect(body).toMatchObject({ delivered_at: reached, read_at: reached, played_at: reached });
      }
    }
    expect(seen).toEqual([
      ['queued', 'pending'],
      ['processing', 'pending'],
      ['sent', 'pending'],
      ['delivered', 'delivered'],
      ['read', 'read'],
      ['played', 'played'],
    ]);
  });

  test('says why a message will never be delivered, and calls it pending', async () => {
    const id = await sent();
    await move(id, 'failed', FAILED);
    const { status, body } = await harness.call('GET', `/messages/${id}/status`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ status: 'pending', state: 'failed', delivered_at: null },
      ...{ error: FAILED.error.message, error_code: FAILED.error.code },
    });
  });
});

describe('DELETE /messages/{id}', () => {
  test('cancels what waits and takes its job away; again, it changes nothing', async () => {
    const id = await sent();
    expect(await jobsOf(id)).toHaveLength(1);
    const answer = await harness.call('DELETE', `/messages/${id}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      ...{ success: true, message_id: id, status: 'canceled', error_code: 'CANCELED' },
      canceled_at: expect.stringMatching(TIME),
    });
    expect(await jobsOf(id)).toEqual([]);
    const again = await harness.call('DELETE', `/messages/${id}`);
    expect([again.status, again.body]).toEqual([200, answer.body]);
    expect((await harness.call('GET', `/messages/${id}`)).body).toEqual(answer.body);
  });

  test('cancels what is scheduled', async () => {
    const id = await sent({ send_at: new Date(Date.now() + 3_600_000).toISOString() });
    expect((await harness.call('DELETE', `/messages/${id}`)).body).toMatchObject({ status: 'canceled' });
    expect(await jobsOf(id)).toEqual([]);
  });

  test('cancels what a worker has in hand; at the dispatch point it finds that out', async () => {
    const { store, deviceId } = harness;
    const id = await sent();
    const epoch = Number(await store.redis.hget(store.keys.lease(deviceId), 'epoch'));
    let canceled: () => void = () => undefined;
    const untilCanceled = new Promise<void>((resolve) => (canceled = resolve));
    const verdicts: string[] = [];
    const taken: string[] = [];
    const consumer = createConsumer({
      ...{ redis: store.redis, keys: store.keys, deviceId, epoch, logger: silentLogger },
      room: () => ({ jobs: 100 }),
      take(jobs) {
        for (const { messageId } of jobs) void work(messageId).then(() => consumer.finish(messageId));
      },
    });
    const work = async (messageId: string): Promise<void> => {
      taken.push(messageId);
      if (messageId !== id) return;
      await store.messages.begin(id, deviceId, epoch);
      await untilCanceled;
      verdicts.push((await store.messages.dispatch(id, deviceId, epoch)).verdict);
    };
    try {
      consumer.consume();
      await eventually('it is in hand', () => taken.includes(id));
      await eventually('it is prepared', async () => (await store.messages.read(id))?.state === 'processing');
      const answer = await harness.call('DELETE', `/messages/${id}`);
      expect([answer.status, answer.body['status']]).toEqual([200, 'canceled']);
      canceled();
      await eventually('the worker is done', async () => (await jobsOf(id)).length === 0);
      expect(verdicts).toEqual(['settled']);
    } finally {
      await consumer.close();
    }
  });

  test('comes too late once the message was handed to WhatsApp, or ended', async () => {
    const { store, deviceId } = harness;
    const epoch = Number(await store.redis.hget(store.keys.lease(deviceId), 'epoch'));
    const dispatched = await sent();
    await store.messages.dispatch(dispatched, deviceId, epoch);
    const acknowledged = await sent();
    await move(acknowledged, 'sent');
    const failed = await sent();
    await move(failed, 'failed', FAILED);
    for (const id of [dispatched, acknowledged, failed]) {
      const { status, body } = await harness.call('DELETE', `/messages/${id}`);
      expect(status).toBe(409);
      expect(body).toMatchObject({ success: false, error_code: 'ALREADY_DISPATCHED', message_id: id });
    }
  });

  test('ends the wait of whoever waits for the message', async () => {
    const before = new Set(await harness.enqueued());
    const answer = harness.sendImage({}, { prefer: 'wait=20' });
    const key = await eventually('queued', async () =>
      (await harness.enqueued()).find((known) => known.includes(':m:') && !before.has(known)),
    );
    await harness.call('DELETE', `/messages/${key.slice(-22)}`);
    expect((await answer).status).toBe(422);
    expect((await answer).body).toMatchObject({ error_code: 'CANCELED', message_id: key.slice(-22) });
  });
});

describe('POST /messages/{id}/resend', () => {
  test('keeps the picture of the message, and says so when it is gone', async () => {
    const picture = { number: NUMBER, image: PNG_BASE64 };
    const { body } = await harness.call('POST', '/send/image', { body: picture });
    const id = String(body['message_id']);
    await move(id, 'failed', FAILED);
    expect((await harness.call('POST', `/messages/${id}/resend`)).status).toBe(202);
    await removeOlderThan(createDirectoryBlobStore({ dir: harness.mediaDir }), 0);
    const { status, body: refusal } = await harness.call('POST', `/messages/${id}/resend`);
    expect([status, refusal['error_code']]).toEqual([404, 'MEDIA_NOT_FOUND']);
  });

  test.each<MessageState>(['failed', 'canceled', 'expired'])(
    'sends a message that %s again, as a new one',
    async (end) => {
      const id = await sent({
        caption: 'hello',
        priority: 'bulk',
        client_reference: 'order-1',
        expires_in: 77,
        delay: 3,
      });
      await move(id, end);
      const answer = await harness.call('POST', `/messages/${id}/resend`);
      const next = String(answer.body['message_id']);
      expect(answer.status).toBe(202);
      expect(answer.headers.get('location')).toBe(`/messages/${next}`);
      expect(next).not.toBe(id);
      const { store } = harness;
      expect(await store.messages.readContent(next)).toEqual(await store.messages.readContent(id));
      const { body } = await harness.call('GET', `/messages/${next}`);
      expect(body).toMatchObject({
        ...{ retry_of: id, status: 'queued', chat_jid: `${NUMBER}@s.whatsapp.net`, device_id: harness.deviceId },
        ...{ priority: 'bulk', client_reference: 'order-1', type: 'image' },
      });
      expect(Date.parse(String(body['expires_at'])) - Date.parse(String(body['queued_at']))).toBe(77_000);
      expect(await jobsOf(next)).toHaveLength(1);
      expect((await harness.call('GET', `/messages/${id}`)).body).toMatchObject({ status: end });
    },
  );

  test.each<MessageState>(['queued', 'processing', 'sent', 'read'])('refuses one that is %s', async (state) => {
    const id = await sent();
    await move(id, state);
    const before = await harness.enqueued();
    const { status, body } = await harness.call('POST', `/messages/${id}/resend`);
    expect(status).toBe(409);
    expect(body).toMatchObject({ error_code: 'ALREADY_DISPATCHED', message_id: id });
    expect(body['error']).toContain(`this one is ${state}`);
    expect((await harness.enqueued()).sort()).toEqual(before.sort());
  });

  test('makes one message of requests with one Idempotency-Key, and several without', async () => {
    const id = await sent();
    await move(id, 'canceled');
    const resend = (headers: Record<string, string>, which = id) =>
      harness.call('POST', `/messages/${which}/resend`, { headers });
    const first = await resend({ 'idempotency-key': 'again' });
    const again = await resend({ 'idempotency-key': 'again' });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await resend({})).body['message_id']).not.toBe(first.body['message_id']);
    const other = await sent();
    await move(other, 'canceled');
    expect((await resend({ 'idempotency-key': 'again' }, other)).status).toBe(422);
  });

  test('can be waited for, and says what of its body it did not use', async () => {
    const id = await sent();
    await move(id, 'failed', FAILED);
    const body = { caption: 'another' };
    const call = { headers: { prefer: 'handling=strict' }, body };
    const strict = await harness.call('POST', `/messages/${id}/resend`, call);
    expect([strict.status, strict.body['validation']]).toEqual([400, [expect.objectContaining({ field: 'caption' })]]);
    const lenient = await harness.call('POST', `/messages/${id}/resend`, { body, headers: { prefer: 'wait=1' } });
    expect(lenient.status).toBe(202);
    expect(lenient.headers.get('preference-applied')).toBe('wait=1');
    expect(lenient.body['warnings']).toEqual([expect.objectContaining({ field: 'caption' })]);
  });

  test('takes another device when the message’s own is gone', async () => {
    const { store } = harness;
    const { tenantId, token } = await createTenant(store);
    const gone = await createReadyDevice(store, tenantId);
    const body = { number: NUMBER, image_url: IMAGE_URL };
    const id = String((await harness.call('POST', '/send/image', { token, body })).body['message_id']);
    await store.messages.transition(id, gone, 'canceled');
    await store.redis.unlink(store.keys.device(gone));
    await store.redis.srem(store.keys.tenantDevices(tenantId), gone);
    const none = await harness.call('POST', `/messages/${id}/resend`, { token });
    expect([none.status, none.body['error_code']]).toEqual([404, 'DEVICE_NOT_FOUND']);
    const left = await createReadyDevice(store, tenantId);
    const answer = await harness.call('POST', `/messages/${id}/resend`, { token });
    expect([answer.status, answer.body['device_id']]).toEqual([202, left]);
  });
});

test('paths that mean something else in the public API are left free', async () => {
  const id = await sent();
  expect((await harness.call('POST', `/messages/${id}/retry`)).status).toBe(404);
  expect((await harness.call('DELETE', '/messages/delete')).status).toBe(404);
});
