import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { createReadyDevice, type Harness, openHarness } from './ingress-harness.js';

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
