import { createIngress } from '@pombo/ingress';
import { silentLogger } from '@pombo/runtime';
import { eventually } from '@pombo/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createReadyDevice, createTenant, type Harness, openHarness } from './ingress-harness.js';

let harness: Harness;
let other: ReturnType<typeof createIngress>;
let otherUrl: string;

beforeAll(async () => {
  harness = await openHarness();
  other = createIngress(harness.config, { logger: silentLogger });
  otherUrl = (await other.start()).url;
});
afterAll(async () => {
  await other.stop();
  await harness.close();
});

let tenantId: string;
let deviceId: string;
let userId: string;
let token: string;

beforeEach(async () => {
  ({ tenantId } = await createTenant(harness.store));
  deviceId = await createReadyDevice(harness.store, tenantId);
  const made = await harness.store.users.create(tenantId, { name: 'Ana', role: 'user', devices: undefined });
  [userId, token] = [made.user.id, made.token];
});

const post = async (url: string, fields: object = {}) => {
  const response = await fetch(`${url}/send/text`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ number: '5511999999999', text: 'oi', ...fields }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const postToBoth = (fields?: object) => Promise.all([post(harness.url, fields), post(otherUrl, fields)]);
const statuses = async (fields?: object) => (await postToBoth(fields)).map(({ status }) => status);

/** Waits until both processes answer so. @returns how long after now the last request was sent that they answered otherwise, ms. */
async function untilBoth(status: number, fields?: object): Promise<number> {
  const from = performance.now();
  let lastOther = 0;
  await eventually(`both answer ${status}`, async () => {
    const sentAt = performance.now() - from;
    const asExpected = (await statuses(fields)).every((seen) => seen === status);
    if (!asExpected) lastOther = sentAt;
    return asExpected;
  });
  return lastOther;
}

describe('in every process', () => {
  beforeEach(async () => {
    // Both remember now whom the token names and which devices there are.
    expect(await statuses()).toEqual([202, 202]);
  });

  test('a token that was replaced stops working within a second, and the new one works', async () => {
    const next = await harness.store.users.rotateToken(tenantId, userId);
    expect(await untilBoth(401)).toBeLessThan(1_000);
    token = next;
    expect(await statuses()).toEqual([202, 202]);
  });

  test('so does the token of a user that was disabled, and works again once it is not', async () => {
    await harness.store.users.update(tenantId, userId, { enabled: false });
    expect(await untilBoth(401)).toBeLessThan(1_000);
    await harness.store.users.update(tenantId, userId, { enabled: true });
    expect(await untilBoth(202)).toBeLessThan(1_000);
  });

  test('so does a token although nobody heard of the change', async () => {
    const { redis, keys } = harness.store;
    // Written past the store, so nothing is told.
    await redis.hset(keys.user(tenantId, userId), 'off', '1');
    expect(await untilBoth(401)).toBeLessThan(1_000);
  });

  test('a device that was taken from a user, or is no longer paired, is not used', async () => {
    await harness.store.users.update(tenantId, userId, { devices: [] });
    expect(await untilBoth(404)).toBeLessThan(1_000);
    await harness.store.users.update(tenantId, userId, { devices: [deviceId] });
    expect(await untilBoth(202)).toBeLessThan(1_000);
    await harness.store.devices.report(deviceId, { paired: false, state: 'logged_out' });
    expect(await untilBoth(409)).toBeLessThan(1_000);
  });

  test('a device that just came is used at once, named or not', async () => {
    await harness.store.devices.report(deviceId, { paired: false, state: 'logged_out' });
    await untilBoth(409);
    const next = await createReadyDevice(harness.store, tenantId);
    const answers = [...(await postToBoth({ device_id: next })), ...(await postToBoth())];
    for (const { status, body } of answers)
      expect({ status, device: body['device_id'] }).toEqual({ status: 202, device: next });
  });
});

test('without a device_id messages go to the connected device with the fewest waiting, one after the other', async () => {
  const second = await createReadyDevice(harness.store, tenantId);
  const offline = await createReadyDevice(harness.store, tenantId);
  await harness.store.devices.report(offline, { state: 'offline' });
  for (let sent = 0; sent < 10; sent++) expect((await post(harness.url)).status).toBe(202);
  const waiting = await Promise.all([deviceId, second, offline].map((id) => harness.store.devices.waiting(id)));
  expect(waiting).toEqual([5, 5, 0]);
});
