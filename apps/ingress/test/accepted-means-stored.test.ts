import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keysOf } from '@pombo/testing';
import { createReadyDevice, createTenant, type Harness, IMAGE_URL, NUMBER, openHarness } from './ingress-harness.js';
import { PNG_BASE64 } from './sample-png.js';

let harness: Harness;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(async () => harness.close());

/** Everything a key holds, whatever its type. */
async function dump(key: string): Promise<string> {
  const { redis } = harness.store;
  const bytes = await redis.dumpBuffer(key);
  const type = await redis.type(key);
  const plain = type === 'hash' ? JSON.stringify(await redis.hgetall(key)) : '';
  return plain + bytes.toString('latin1');
}

describe('an accepted message', () => {
  test('is answered with 202, its id, its chat and its device', async () => {
    const answer = await harness.sendImage();
    const id = answer.body['message_id'];
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/messages/${String(id)}`);
    expect(answer.body).toEqual({
      success: true,
      message_id: expect.stringMatching(/^3EB0[0-9A-F]{18}$/),
      job_id: id,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      status: 'queued',
      chat_jid: `${NUMBER}@s.whatsapp.net`,
      device_id: harness.deviceId,
    });
  });

  test('leaves a record and a job, which carries the request id', async () => {
    const answer = await harness.sendImage({}, { 'x-request-id': 'order-4711' });
    const id = String(answer.body['message_id']);
    const jobKey = (await harness.enqueued()).find((key) => key.includes(':q-') && key.endsWith(`:${id}`));
    const job = await harness.store.redis.hgetall(String(jobKey));
    expect(await harness.store.messages.read(id)).toMatchObject({ state: 'queued', deviceId: harness.deviceId });
    expect(JSON.parse(job['data'] ?? '')).toEqual({ requestId: 'order-4711' });
  });

  test('keeps what it says only in encrypted form', async () => {
    const caption = 'the pigeon flies at midnight';
    const answer = await harness.sendImage({ caption });
    const keys = await keysOf(harness.store.redis, harness.store.keys.deviceIndex.split(':')[0] ?? '');
    const contents = await Promise.all(keys.map(dump));
    const leaking = keys.filter((_key, index) => /midnight|pictures\.example/.test(contents[index] ?? ''));
    expect(leaking).toEqual([]);
    expect(await harness.store.messages.readContent(String(answer.body['message_id']))).toEqual({
      type: 'image',
      source: { url: IMAGE_URL },
      caption,
    });
  });

  test('keeps inline media outside of Redis, under its hash', async () => {
    const answer = await harness.sendImage({ image_url: undefined, image: `data:image/png;base64,${PNG_BASE64}` });
    const content = await harness.store.messages.readContent(String(answer.body['message_id']));
    const { blob } = content?.source as { blob: string };
    expect(await readdir(`${harness.mediaDir}/${blob.slice(0, 2)}`)).toEqual([blob]);
  });

  test('keeps of a quoted message its text, whatever else the client knows of it', async () => {
    const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const message = `{"conversation":"hi","messageContextInfo":${nested}}`;
    const body = `{"number":"${NUMBER}","text":"x","quoted":{"key":{"id":"ABC","fromMe":false},"message":${message}}}`;
    const answer = await harness.call('POST', '/send/text', { body });
    expect(answer.status).toBe(202);
    const content = await harness.store.messages.readContent(String(answer.body['message_id']));
    expect(content?.quoted).toEqual({ key: { id: 'ABC', fromMe: false }, message: { conversation: 'hi' } });
  });

  test('may have optional fields that say nothing: null, or an empty text', async () => {
    const common = [
      'device_id',
      'delay',
      'mentioned',
      'quoted',
      'sendAt',
      'expires_in',
      'priority',
      'client_reference',
    ];
    const own = ['image', 'mediaId', 'caption', 'viewOnce', 'hd'];
    for (const blank of [null, '']) {
      const fields = Object.fromEntries([...common, ...own].map((field) => [field, blank]));
      const answer = await harness.sendImage(fields, { prefer: 'handling=strict' });
      expect(answer.status).toBe(202);
      const content = await harness.store.messages.readContent(String(answer.body['message_id']));
      expect(content).toEqual({ type: 'image', source: { url: IMAGE_URL } });
    }
  });

  test('may have them deep inside, and in lists', async () => {
    const rows = [{ id: 'a', title: 'A', description: null }];
    const body = { to: NUMBER, title: null, body: 'b', button_text: 'c', sections: [{ title: '', rows }] };
    const answer = await harness.call('POST', '/send/interactive', { body });
    const content = await harness.store.messages.readContent(String(answer.body['message_id']));
    expect(content).toMatchObject({ body: 'b', sections: [{ rows: [{ id: 'a', title: 'A' }] }] });
    expect(JSON.stringify(content)).not.toContain('null');
  });

  test('may hold as many emojis as letters', async () => {
    const caption = '🕊'.repeat(1024);
    const answer = await harness.sendImage({ caption });
    expect(answer.status).toBe(202);
    expect(await harness.store.messages.readContent(String(answer.body['message_id']))).toMatchObject({ caption });
    const longer = await harness.sendImage({ caption: `${caption}🕊` });
    expect(longer.body).toMatchObject({ error_code: 'VALIDATION_ERROR', validation: [{ field: 'caption' }] });
  });

  test('may be written in either spelling', async () => {
    const quoted = { key: { id: 'ABC', fromMe: false }, message: { conversation: 'hi' } };
    const body = { to: '+55 (11) 99999-9999', imageUrl: IMAGE_URL, view_once: true, deviceId: harness.deviceId };
    const answer = await harness.call('POST', '/send/image', {
      body: { ...body, clientReference: 'order-1', expiresIn: 60, mentioned: [NUMBER], delay: 2, quoted },
    });
    const id = String(answer.body['message_id']);
    expect(answer.body).not.toHaveProperty('warnings');
    expect(await harness.store.messages.readContent(id)).toEqual({
      type: 'image',
      source: { url: IMAGE_URL },
      viewOnce: true,
      delay: 2,
      mentioned: [`${NUMBER}@s.whatsapp.net`],
      quoted,
    });
    const record = await harness.store.messages.read(id);
    expect(record).toMatchObject({ clientReference: 'order-1', to: `${NUMBER}@s.whatsapp.net` });
    expect((record?.expiresAt ?? 0) - (record?.queuedAt ?? 0)).toBe(60_000);
  });

  test('warns of fields nobody knows and says what may have been meant', async () => {
    const answer = await harness.sendImage({ captoin: 'hello', zebra: 1 });
    expect(answer.status).toBe(202);
    expect(answer.body['warnings']).toEqual([
      { field: 'captoin', message: expect.stringContaining('did you mean caption?') },
      { field: 'zebra', message: expect.not.stringContaining('did you mean') },
    ]);
  });

  test('with a time in the past is due now, with one ahead then', async () => {
    const past = await harness.sendImage({ send_at: '2020-01-01T00:00:00Z' });
    const at = new Date(Date.now() + 3_600_000);
    const ahead = await harness.sendImage({ send_at: at.toISOString() });
    const read = (id: unknown) => harness.store.messages.read(String(id));
    expect(await read(past.body['message_id'])).not.toHaveProperty('sendAt');
    const record = await read(ahead.body['message_id']);
    expect(record).toMatchObject({ sendAt: at.getTime(), expiresAt: at.getTime() + 86_400_000 });
    const delayed = (await keysOf(harness.store.redis, harness.store.keys.deviceIndex.split(':')[0] ?? '')).find(
      (key) => key.endsWith(':delayed'),
    );
    expect(await harness.store.redis.zcard(String(delayed))).toBe(1);
  });

  test('can be read back', async () => {
    const sent = await harness.sendImage({ client_reference: 'order-2', priority: 'high' });
    const id = String(sent.body['message_id']);
    const { status, body } = await harness.call('GET', String(sent.headers.get('location')));
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message_id: id,
      job_id: id,
      status: 'queued',
      type: 'image',
      chat_jid: `${NUMBER}@s.whatsapp.net`,
      is_group: false,
      device_id: harness.deviceId,
      user_id: expect.stringMatching(/^usr_/),
      client_reference: 'order-2',
      priority: 'high',
      sequence: expect.any(Number),
      attempts: 0,
      timestamp: body['queued_at'],
      queued_at: expect.stringMatching(/Z$/),
      expires_at: expect.stringMatching(/Z$/),
      metadata: { device_id: harness.deviceId, user_id: body['user_id'] },
    });
  });

  test('is counted', async () => {
    await harness.sendImage();
    const { text } = await harness.call('GET', '/metrics', { token: undefined });
    expect(text).toMatch(/^pombo_messages_accepted_total\{type="image",app="ingress"\} \d+$/m);
  });
});

describe('without device_id', () => {
  test('the connected device with the fewest waiting messages is taken', async () => {
    const { store } = harness;
    const { tenantId, token } = await createTenant(store);
    const busy = await createReadyDevice(store, tenantId);
    const idle = await createReadyDevice(store, tenantId);
    const offline = await createReadyDevice(store, tenantId);
    await store.devices.report(offline, { state: 'offline' });
    await store.devices.create(tenantId, 'never paired');
    const send = (fields: object = {}) =>
      harness.call('POST', '/send/image', {
        token: `Bearer ${token}`,
        body: { number: NUMBER, image_url: IMAGE_URL, ...fields },
      });
    await send({ device_id: busy });
    expect((await send()).body['device_id']).toBe(idle);
  });

  test('a paired device that is offline is better than none', async () => {
    const { store } = harness;
    const { tenantId, token } = await createTenant(store);
    await store.devices.create(tenantId, 'never paired');
    const offline = await createReadyDevice(store, tenantId);
    await store.devices.report(offline, { state: 'offline' });
    const body = { number: NUMBER, image_url: IMAGE_URL };
    const answer = await harness.call('POST', '/send/image', { token, body });
    expect(answer.body).toMatchObject({ status: 'queued', device_id: offline });
  });

  test('a tenant without any is told how to make one', async () => {
    const { token } = await createTenant(harness.store);
    const body = { number: NUMBER, image_url: IMAGE_URL };
    const answer = await harness.call('POST', '/send/image', { token: `bearer ${token}`, body });
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({
      error_code: 'DEVICE_NOT_FOUND',
      error: expect.stringContaining('POST /devices'),
    });
  });
});

test('a device with too many waiting messages answers 429 and leaves no job behind', async () => {
  const crowded = await openHarness({ settings: { DEVICE_MAX_WAITING: '1' } });
  try {
    await crowded.sendImage();
    const before = await crowded.enqueued();
    const answer = await crowded.sendImage();
    expect(answer.status).toBe(429);
    expect(answer.body).toMatchObject({ error_code: 'RATE_LIMITED' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await crowded.enqueued()).sort()).toEqual(before.sort());
  } finally {
    await crowded.close();
  }
});
