import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually, openTestStore, type TestStore } from '@pombo/testing';
import { createAuthState, createLeases, type Leases, StaleEpochError } from '@pombo/store';
import { acceptMessage, draftFor } from './drafts.js';

let context: TestStore;
let deviceId: string;
let first: Leases;
let second: Leases;
const LEASE_MS = 150;

beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());
beforeEach(async () => {
  const { store, redis } = context;
  deviceId = (await store.devices.create('ten_a', 'phone')).id;
  await store.devices.report(deviceId, { paired: true });
  first = createLeases(redis, store.keys, 'worker-1', LEASE_MS);
  second = createLeases(redis, store.keys, 'worker-2', LEASE_MS);
});

async function accepted(changes = {}): Promise<string> {
  const draft = draftFor(context.store, deviceId, changes);
  await acceptMessage(context.store, draft);
  return draft.id;
}
const takenOver = () => eventually('the lease runs out and is taken over', () => second.claim(deviceId));

describe('a lease', () => {
  test('has one holder, and a new epoch with every claim', async () => {
    const lease = await first.claim(deviceId);
    expect(lease).toEqual({ deviceId, epoch: 1 });
    expect(await second.claim(deviceId)).toBeUndefined();
    expect(await first.ownerOf(deviceId)).toBe('worker-1');
    expect((await takenOver()).epoch).toBe(2);
    expect(await first.renew([{ deviceId, epoch: 1 }])).toEqual([{ deviceId, epoch: 1 }]);
  });

  test('lives while it is renewed and is free at once when released', async () => {
    const lease = (await first.claim(deviceId)) ?? { deviceId, epoch: 0 };
    const end = Date.now() + 3 * LEASE_MS;
    while (Date.now() < end) {
      expect(await first.renew([lease])).toEqual([]);
      expect(await second.claim(deviceId)).toBeUndefined();
    }
    await first.release(lease);
    expect((await second.claim(deviceId))?.epoch).toBe(2);
  });
});

describe('the dispatch point', () => {
  test('is passed under the current epoch, and says when it was passed before', async () => {
    const id = await accepted();
    await first.claim(deviceId);
    const { messages } = context.store;
    expect((await messages.begin(id, deviceId, 1)).verdict).toBe('go');
    const found = { chatJid: '5511999990000@s.whatsapp.net', metadata: { width: 3, upload_reused: false } };
    expect(await messages.dispatch(id, deviceId, 1, found)).toEqual({ verdict: 'go', dispatchedBefore: false });
    expect(await messages.dispatch(id, deviceId, 1)).toEqual({ verdict: 'go', dispatchedBefore: true });
    const record = await messages.read(id);
    expect(record).toMatchObject({ state: 'processing', attempts: 2, ...found });
    expect(record?.dispatchedAt).toBeDefined();
  });

  test('is closed to an owner that was replaced', async () => {
    const id = await accepted();
    await first.claim(deviceId);
    await takenOver();
    expect(await context.store.messages.begin(id, deviceId, 1)).toEqual({ verdict: 'stale' });
    expect(await context.store.messages.dispatch(id, deviceId, 1)).toEqual({ verdict: 'stale' });
    expect((await context.store.messages.read(id))?.state).toBe('queued');
  });

  test('is closed to a message that was canceled or sent', async () => {
    await first.claim(deviceId);
    for (const state of ['canceled', 'sent'] as const) {
      const id = await accepted();
      await context.store.messages.transition(id, deviceId, state);
      expect((await context.store.messages.dispatch(id, deviceId, 1)).verdict).toBe('settled');
    }
  });

  test('expires a message whose time is up, but not one that may have left', async () => {
    await first.claim(deviceId);
    const { messages } = context.store;
    const late = await accepted({ expiresInMs: 30 });
    const left = await accepted({ expiresInMs: 30 });
    expect((await messages.dispatch(left, deviceId, 1)).verdict).toBe('go');
    await eventually(
      'the message expires',
      async () => (await messages.begin(late, deviceId, 1)).verdict === 'settled',
    );
    expect(await messages.read(late)).toMatchObject({ state: 'expired', errorCode: 'EXPIRED' });
    expect((await messages.dispatch(left, deviceId, 1)).verdict).toBe('go');
  });
});

describe('a machine whose clock is wrong', () => {
  const HOUR_MS = 3_600_000;
  const rightNow = Date.now;
  afterEach(() => {
    Date.now = rightNow;
  });

  test.each([HOUR_MS, -HOUR_MS])(
    'by %d ms knows how long a message may still wait, and who owns a device',
    async (ms) => {
      const id = await accepted({ expiresInMs: 60_000 });
      await first.claim(deviceId);
      Date.now = () => rightNow() + ms;
      const begun = await context.store.messages.begin(id, deviceId, 1);
      const leftMs = begun.verdict === 'go' ? begun.record.expiresAt - Date.now() : 0;
      expect(leftMs).toBeGreaterThan(50_000);
      expect(leftMs).toBeLessThanOrEqual(60_000);
      expect(await context.store.devices.owner(deviceId)).toBe('worker-1');
      await eventually('the lease runs out', async () => (await context.store.devices.owner(deviceId)) === undefined, {
        timeoutMs: 2000,
      });
    },
  );
});

describe('auth state', () => {
  test('is written by the owner and refused to whoever was replaced', async () => {
    const { redis, store } = context;
    await first.claim(deviceId);
    const old = createAuthState(redis, store.keys, store.cipher, deviceId, 1);
    await old.write(new Map([['creds', '{"a":1}']]));
    await takenOver();
    await expect(old.write(new Map([['creds', '{"a":2}']]))).rejects.toBeInstanceOf(StaleEpochError);
    await expect(old.clear()).rejects.toBeInstanceOf(StaleEpochError);
    const current = createAuthState(redis, store.keys, store.cipher, deviceId, 2);
    expect(await current.read(['creds', 'none'])).toEqual(['{"a":1}', undefined]);
    await current.write(
      new Map([
        ['creds', null],
        ['session:x', 'y'],
      ]),
    );
    expect(await current.read(['creds', 'session:x'])).toEqual([undefined, 'y']);
  });

  test('lies encrypted in Redis', async () => {
    const { redis, store } = context;
    await first.claim(deviceId);
    const auth = createAuthState(redis, store.keys, store.cipher, deviceId, 1);
    await auth.write(new Map([['creds', 'PRIVATE-KEY-MATERIAL']]));
    expect((await redis.dumpBuffer(store.keys.auth(deviceId))).includes('PRIVATE-KEY-MATERIAL')).toBe(false);
  });
});
