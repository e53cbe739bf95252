import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, playOwner } from '@pombo/testing';
import { createTenant, type Harness, openHarness } from './ingress-harness.js';

let harness: Harness;
let token: string;

beforeAll(async () => {
  harness = await openHarness({ settings: { QR_WAIT_MS: '5000' } });
});
afterAll(async () => harness.close());

async function createDevice(): Promise<string> {
  ({ token } = await createTenant(harness.store));
  const { body } = await harness.call('POST', '/devices', { token, body: { name: 'shop' } });
  return (body['device'] as { id: string }).id;
}

describe('devices', () => {
  test('are created, listed and shown', async () => {
    ({ token } = await createTenant(harness.store));
    const created = await harness.call('POST', '/devices', { token, body: { name: ' shop ' } });
    const { id } = created.body['device'] as { id: string };
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      success: true,
      device: { id, name: 'shop', connected: false, created_at: expect.stringMatching(/Z$/) },
      data: { device_id: id, name: 'shop' },
    });
    await playOwner(harness.store, id, { phone: '5511999999999' });
    const shown = {
      id,
      name: 'shop',
      connected: true,
      state: 'connected',
      phone_number: '5511999999999',
      queue_depth: 0,
    };
    const listed = await harness.call('GET', '/devices', { token });
    expect(listed.body['devices']).toEqual([expect.objectContaining(shown)]);
    expect(listed.body['data']).toEqual(listed.body['devices']);
    const one = await harness.call('GET', `/devices/${id}`, { token });
    expect(one.body['device']).toMatchObject({ ...shown, owner: 'played-worker' });
  });

  test.each([[{}], [{ name: '' }], [{ name: 7 }], [{ name: 'x'.repeat(101) }]])(
    'need a proper name: %j',
    async (body) => {
      const answer = await harness.call('POST', '/devices', { body });
      expect(answer.status).toBe(400);
      expect(answer.body['validation']).toEqual([expect.objectContaining({ field: 'name' })]);
    },
  );
});

describe('GET /qr', () => {
  test('asks for pairing and shows the code a worker puts up', async () => {
    const id = await createDevice();
    const answer = harness.call('GET', '/qr', { token });
    await eventually('pairing is asked for', async () => (await harness.store.devices.read(id))?.pairingUntil);
    const expiresAt = Date.now() + 20_000;
    await harness.store.devices.codes.showQr(id, { qr: '2@abc,def', expiresAt });
    const { status, body } = await answer;
    expect(status).toBe(200);
    expect(body['data']).toMatchObject({
      qr_code: '2@abc,def',
      image: expect.stringMatching(/^data:image\/png;base64,iVBOR/),
      cached: false,
      expires_at: new Date(expiresAt).toISOString(),
    });
    const again = await harness.call('GET', `/qr?device_id=${id}`, { token });
    expect(again.body['data']).toMatchObject({ qr_code: '2@abc,def', cached: true });
    const { ttl } = again.body['data'] as { ttl: number };
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(20);
  });

  test('answers 409 for a device that is connected', async () => {
    const answer = await harness.call('GET', `/qr?device_id=${harness.deviceId}`);
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ error_code: 'ALREADY_CONNECTED' });
  });

  test('answers 409 for a device that is paired and was disconnected, and leaves it so', async () => {
    const id = await createDevice();
    await harness.store.devices.report(id, { paired: true, state: 'offline' });
    await harness.call('POST', '/disconnect', { token });
    const scanned = await harness.call('GET', '/qr', { token });
    const typed = await harness.call('POST', '/paircode', { token, body: { phone: '5511977776666' } });
    for (const { status, body } of [scanned, typed]) {
      expect({ status, code: body['error_code'] }).toEqual({ status: 409, code: 'ALREADY_CONNECTED' });
      expect(body['error']).toContain('POST /connect');
    }
    expect(await harness.store.devices.read(id)).toMatchObject({ switchedOff: true });
    expect(await harness.store.devices.read(id)).not.toHaveProperty('pairingUntil');
  });

  test('says to look for a worker when no code appears', async () => {
    const impatient = await openHarness({ settings: { QR_WAIT_MS: '200' } });
    try {
      await impatient.store.devices.report(impatient.deviceId, { paired: false, state: 'unpaired' });
      const answer = await impatient.call('GET', '/qr');
      expect(answer.status).toBe(503);
      expect(answer.body).toMatchObject({ error_code: 'DEVICE_ERROR', error: expect.stringContaining('worker') });
      expect(answer.headers.get('retry-after')).toBe('5');
    } finally {
      await impatient.close();
    }
  });
});

test.each([['+55 (11) 97777-6666'], ['5511977776666'], [5511977776666]])(
  'POST /paircode takes the phone as %j',
  async (phone) => {
    const id = await createDevice();
    await harness.store.devices.codes.showLink(id, {
      code: 'ABCD1234',
      phone: '5511977776666',
      expiresAt: Date.now() + 60_000,
    });
    const { status, body } = await harness.call('POST', '/paircode', { token, body: { phone } });
    expect(status).toBe(200);
    expect(body['data']).toMatchObject({ code: 'ABCD-1234', phone: '5511977776666', cached: true });
  },
);

test.each([[undefined], [''], ['abc'], ['123456789'], [123456789], [55119777766.5], [{}]])(
  'POST /paircode takes no phone as %j',
  async (phone) => {
    const { status, body } = await harness.call('POST', '/paircode', { body: { phone } });
    expect(status).toBe(400);
    expect(body['validation']).toEqual([expect.objectContaining({ field: 'phone' })]);
  },
);

test.each([['nope'], ['00000000-0000-4000-8000-000000000000'], ['dev_00000000000000000000']])(
  'a device_id that is nobody’s is no device, in a body and in a query: %s',
  async (deviceId) => {
    const body = { device_id: deviceId };
    const asked = [
      harness.call('POST', '/send/text', { body: { number: '5511999999999', text: 'x', ...body } }),
      harness.call('POST', '/connect', { body }),
      harness.call('POST', '/logout', { body: { deviceId } }),
      harness.call('POST', '/paircode', { body: { phone: '5511977776666', ...body } }),
      harness.call('GET', `/qr?device_id=${deviceId}`),
      harness.call('GET', `/messages?device_id=${deviceId}`),
      harness.call('GET', `/devices/${deviceId}`),
    ];
    for (const answer of await Promise.all(asked)) {
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ error_code: 'DEVICE_NOT_FOUND', validation: [{ field: 'device_id' }] });
    }
  },
);

test.each([[{}], [{ nam: 'shop' }]])('a change that changes nothing is told so: %j', async (body) => {
  const { status, body: answer } = await harness.call('PATCH', `/devices/${harness.deviceId}`, { body });
  expect(status).toBe(400);
  expect(answer['error']).toBe('body must have at least 1 key');
  expect(answer['validation']).toEqual([{ field: 'body', message: 'body must have at least 1 key', value: null }]);
});

test('GET /status tells how the device is', async () => {
  const id = await createDevice();
  const jid = '5511999999999:7@s.whatsapp.net';
  const lastSeenAt = Date.now();
  await harness.store.devices.report(id, { paired: true, state: 'offline', jid, phone: '5511999999999', lastSeenAt });
  const { body } = await harness.call('GET', '/status', { token });
  expect(body).toEqual({
    success: true,
    data: {
      connected: false,
      status: 'offline',
      device_id: id,
      jid,
      phone_number: '5511999999999',
      is_logged_in: true,
      last_seen: new Date(lastSeenAt).toISOString(),
    },
  });
});
