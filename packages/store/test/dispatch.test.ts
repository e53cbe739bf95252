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
  first = createLeases(redis, store.keys, 'worker-1');
  second = createLeases(redis, store.keys, 'worker-2');
});

/** As a worker that is alive for a moment. @returns the epoch. */
async function claimFirst(): Promise<number> {
  await context.store.workers.beat({ name: 'worker-1', capacity: 1, draining: false }, LEASE_MS);
  return (await first.claim(deviceId))?.epoch ?? 0;
}

async function accepted(changes = {}): Promise<string> {
  const draft = draftFor(context.store, deviceId, changes);
  await acceptMessage(context.store, draft);
  return draft.id;
}
const takenOver = () => eventually('the owner is dead and the device taken over', () => second.claim(deviceId));

describe('the dispatch point', () => {
  test('is passed under the current epoch, and says when it was passed before', async () => {
    const id = await accepted();
    const epoch = await claimFirst();
    const { messages } = context.store;
    expect((await messages.begin(id, deviceId, epoch)).verdict).toBe('go');
    const found = { chatJid: '5511999990000@s.whatsapp.net', metadata: { width: 3, upload_reused: false } };
    expect(await messages.dispatch(id, deviceId, epoch, found)).toEqual({ verdict: 'go', dispatchedBefore: false });
    expect(await messages.dispatch(id, deviceId, epoch)).toEqual({ verdict: 'go', dispatchedBefore: true });
    const record = await messages.read(id);
    expect(record).toMatchObject({ state: 'processing', attempts: 2, ...found });
    expect(record?.dispatchedAt).toBeDefined();
  });

  test('is closed to an owner that was replaced', async () => {
    const id = await accepted();
    const epoch = await claimFirst();
    await takenOver();
    expect(await context.store.messages.begin(id, deviceId, epoch)).toEqual({ verdict: 'stale' });
    expect(await context.store.messages.dispatch(id, deviceId, epoch)).toEqual({ verdict: 'stale' });
    expect((await context.store.messages.read(id))?.state).toBe('queued');
  });

  test('is closed to a message that was canceled or sent', async () => {
    const epoch = await claimFirst();
    for (const state of ['canceled', 'sent'] as const) {
      const id = await accepted();
      await context.store.messages.transition(id, deviceId, state);
      expect((await context.store.messages.dispatch(id, deviceId, epoch)).verdict).toBe('settled');
    }
  });

  test('expires a message whose time is up, but not one that may have left', async () => {
    const epoch = await claimFirst();
    const { messages } = context.store;
    const late = await accepted({ expiresInMs: 30 });
    const left = await accepted({ expiresInMs: 30 });
    expect((await messages.dispatch(left, deviceId, epoch)).verdict).toBe('go');
    await eventually(
      'the message expires',
      async () => (await messages.begin(late, deviceId, epoch)).verdict === 'settled',
    );
    expect(await messages.read(late)).toMatchObject({ state: 'expired', errorCode: 'EXPIRED' });
    expect((await messages.dispatch(left, deviceId, epoch)).verdict).toBe('go');
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
      const epoch = await claimFirst();
      Date.now = () => rightNow() + ms;
      const begun = await context.store.messages.begin(id, deviceId, epoch);
      const leftMs = begun.verdict === 'go' ? begun.record.expiresAt - Date.now() : 0;
      expect(leftMs).toBeGreaterThan(50_000);
      expect(leftMs).toBeLessThanOrEqual(60_000);
      expect(await context.store.devices.owner(deviceId)).toBe('worker-1');
      await eventually('the owner is dead', async () => (await context.store.devices.owner(deviceId)) === undefined, {
        timeoutMs: 2000,
      });
    },
  );
});

describe('auth state', () => {
  test('is written by the owner and refused to whoever was replaced', async () => {
    const { redis, store } = context;
    const epoch = await claimFirst();
    const old = createAuthState(redis, store.keys, store.cipher, deviceId, epoch);
    await old.write(new Map([['creds', '{"a":1}']]));
    const successor = await takenOver();
    await expect(old.write(new Map([['creds', '{"a":2}']]))).rejects.toBeInstanceOf(StaleEpochError);
    await expect(old.clear()).rejects.toBeInstanceOf(StaleEpochError);
    const current = createAuthState(redis, store.keys, store.cipher, deviceId, successor.epoch);
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
    const epoch = await claimFirst();
    const auth = createAuthState(redis, store.keys, store.cipher, deviceId, epoch);
    await auth.write(new Map([['creds', 'PRIVATE-KEY-MATERIAL']]));
    expect((await redis.dumpBuffer(store.keys.auth(deviceId))).includes('PRIVATE-KEY-MATERIAL')).toBe(false);
  });
});
