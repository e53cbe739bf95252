import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { createIngress } from '@pombo/ingress';
import { silentLogger } from '@pombo/runtime';
import { createReadyDevice, type Harness, NUMBER, openHarness } from './ingress-harness.js';
import { createPrivateRedis, type PrivateRedis } from './private-redis.js';
import { PNG_BASE64 } from './sample-png.js';

describe('messages waiting', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await openHarness({ settings: { TENANT_MAX_WAITING: '5', DEVICE_MAX_WAITING: '4' } });
  });
  afterAll(() => harness.close());

  test('for one device are limited, and for all devices of a tenant together', async () => {
    const { sendImage, deviceId, store, tenantId } = harness;
    const send = (device_id: string) => sendImage({ device_id });
    for (let sent = 0; sent < 4; sent++) expect((await send(deviceId)).status).toBe(202);
    const fifth = await send(deviceId);
    expect(fifth.status).toBe(429);
    expect(fifth.body).toMatchObject({ success: false, error_code: 'RATE_LIMITED' });
    expect(Number(fifth.headers.get('retry-after'))).toBeGreaterThan(0);

    const second = await createReadyDevice(store, tenantId);
    await eventually('the other device takes one', async () => (await send(second)).status === 202);
    const sixth = await send(second);
    expect(sixth.status).toBe(429);
    expect(sixth.body['error']).toContain('of your messages already wait');
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('leave room again once they are sent, without any counter that could be wrong for good', async () => {
    const { store, deviceId, sendImage, call } = harness;
    const { body } = await call('GET', '/messages');
    const [latest] = body['messages'] as Array<{ message_id: string; device_id: string }>;
    await store.messages.transition(latest?.message_id ?? '', latest?.device_id ?? '', 'sent');
    await eventually('another is accepted', async () => (await sendImage()).status === 202);
    expect(await store.devices.waiting(deviceId)).toBeLessThanOrEqual(4);
  });
});

describe('a Redis that is nearly full', () => {
  let redis: PrivateRedis;
  let harness: Harness;
  beforeAll(async () => {
    redis = await createPrivateRedis();
    harness = await openHarness({ settings: { REDIS_URL: redis.url, MEMORY_HIGH_WATER_PERCENT: '80' } });
  });
  afterAll(async () => {
    await harness.close();
    await redis.remove();
  });

  test('takes no more messages, still what sessions have to write, and messages again once there is room', async () => {
    const { store, sendImage, call, deviceId } = harness;
    expect((await sendImage()).status).toBe(202);
    const used = Number(/^used_memory:(\d+)/m.exec(await store.redis.info('memory'))?.[1]);
    await store.redis.config('SET', 'maxmemory', Math.ceil(used * 1.2));
    const refused = await eventually('a send is refused', async () => {
      const answer = await sendImage();
      return answer.status === 202 ? undefined : answer;
    });
    expect({ status: refused.status, code: refused.body['error_code'] }).toEqual({
      status: 503,
      code: 'QUEUE_UNAVAILABLE',
    });
    expect(refused.body).not.toHaveProperty('message_id');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await store.devices.report(deviceId, { lastSeenAt: Date.now() });
    expect((await call('GET', '/messages')).status).toBe(200);

    await store.redis.config('SET', 'maxmemory', 0);
    await eventually('a send is accepted', async () => (await sendImage()).status === 202);
  });
});

test('without maxmemory a limit of one’s own counts', async () => {
  const harness = await openHarness({ settings: { MEMORY_LIMIT_BYTES: '1000' } });
  try {
    expect((await harness.sendImage()).status).toBe(503);
  } finally {
    await harness.close();
  }
});

describe('a user’s limit', () => {
  let harness: Harness;
  let other: ReturnType<typeof createIngress>;
  let urls: string[];
  beforeAll(async () => {
    // So slow that none comes back while the test runs.
    harness = await openHarness({ settings: { USER_RATE_PER_SECOND: '0.01', USER_RATE_BURST: '40' } });
    other = createIngress(harness.config, { logger: silentLogger });
    urls = [harness.url, (await other.start()).url];
  });
  afterAll(async () => {
    await other.stop();
    await harness.close();
  });

  const send = async (url: string, token: string) => {
    const response = await fetch(`${url}/send/text`, {
      method: 'POST',
      headers: { authorization: token, 'content-type': 'application/json' },
      body: JSON.stringify({ number: '5511999999999', text: 'oi' }),
    });
    await response.body?.cancel();
    return { status: response.status, retryAfter: Number(response.headers.get('retry-after')) };
  };

  test('is one for all processes, to the last message, and says when the next may come', async () => {
    const { store, tenantId } = harness;
    const { token } = await store.tenants.createToken(tenantId, 'user');
    const answers = await Promise.all(Array.from({ length: 80 }, (_none, n) => send(urls[n % 2] ?? '', token)));
    const accepted = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 429);
    expect({ accepted: accepted.length, refused: refused.length }).toEqual({ accepted: 40, refused: 40 });
    for (const { retryAfter } of refused) {
      expect(retryAfter).toBeGreaterThan(90);
      expect(retryAfter).toBeLessThanOrEqual(100);
    }
  });

  test('is each user’s own, and holds nobody from reading', async () => {
    const { store, tenantId, call } = harness;
    const { token } = await store.tenants.createToken(tenantId, 'user');
    for (let sent = 0; sent < 40; sent++) await send(urls[0] ?? '', token);
    expect((await send(urls[0] ?? '', token)).status).toBe(429);
    expect((await call('GET', '/messages', { token })).status).toBe(200);
    const next = await store.tenants.createToken(tenantId, 'user');
    expect((await send(urls[0] ?? '', next.token)).status).toBe(202);
  });
});

describe('a media store that is full', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await openHarness({ settings: { MEDIA_MAX_TOTAL_BYTES: '100' } });
  });
  afterAll(() => harness.close());

  test('takes no media that is new, neither in messages nor ahead; what it has and URLs go on', async () => {
    const { call, sendImage, store } = harness;
    const inline = { number: NUMBER, image: PNG_BASE64 };
    const png = Buffer.from(PNG_BASE64, 'base64');
    const other = Buffer.concat([png, Buffer.from('more')]);
    expect((await call('POST', '/send/image', { body: inline })).status).toBe(202);
    await eventually('it was counted', async () => (await store.mediaSize.read()).bytes === png.length);
    await store.mediaSize.read(100);
    const refused = await eventually('new media is refused', async () => {
      const answer = await call('POST', '/media', { headers: { 'content-type': 'image/png' }, body: other });
      return answer.status === 201 ? undefined : answer;
    });
    expect(refused).toMatchObject({ status: 503, body: { success: false, error_code: 'MEDIA_STORE_FULL' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const message = await call('POST', '/send/image', { body: { ...inline, image: other.toString('base64') } });
    expect(message).toMatchObject({ status: 503, body: { success: false, error_code: 'MEDIA_STORE_FULL' } });
    expect(Number(message.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await harness.enqueued()).toHaveLength(2);

    expect((await call('POST', '/send/image', { body: inline })).status).toBe(202);
    expect((await sendImage()).status).toBe(202);
    await store.mediaSize.measured(0, (await store.mediaSize.read()).added);
    await eventually('there is room again', async () => {
      const { status } = await call('POST', '/media', { headers: { 'content-type': 'image/png' }, body: other });
      return status === 201;
    });
  });
});
