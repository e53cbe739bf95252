import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { NO_PACING, type Pacing, shardOfDevice } from '@pombo/contracts';
import { createLeases, type DispatchResult, type HeldLease } from '@pombo/store';
import { openTestStore, type TestStore } from '@pombo/testing';
import { acceptMessage, draftFor } from './drafts.js';

const HOUR_MS = 3_600_000;

let context: TestStore;
let deviceId: string;
let lease: HeldLease;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());
beforeEach(async () => {
  const { store, redis } = context;
  deviceId = (await store.devices.create('ten_a', 'phone')).id;
  await store.devices.report(deviceId, { paired: true });
  const claimed = await createLeases(redis, store.keys, 'worker-1').claim(deviceId);
  if (!claimed) throw new Error('the device is taken');
  lease = claimed;
});

let person = 0;
const stranger = (): string => `55119${String((person += 1)).padStart(8, '0')}@s.whatsapp.net`;

async function dispatch(pacing: Partial<Pacing>, chat: string = stranger()): Promise<DispatchResult> {
  const { messages } = context.store;
  const draft = draftFor(context.store, deviceId);
  await acceptMessage(context.store, draft);
  return messages.dispatch(draft.id, deviceId, lease.epoch, { pacing: { ...NO_PACING, ...pacing }, chat });
}
async function dispatchMany(count: number, pacing: Partial<Pacing>, chat?: string): Promise<string[]> {
  const verdicts: string[] = [];
  for (let i = 0; i < count; i += 1) verdicts.push((await dispatch(pacing, chat)).verdict);
  return verdicts;
}
const go = (count: number): string[] => Array.from({ length: count }, () => 'go');
/** Moves what was counted so far into the past. */
async function turnBack(hours: number): Promise<void> {
  const { redis, store } = context;
  const key = store.keys.pace(deviceId);
  for (const [field, value] of Object.entries(await redis.hgetall(key))) {
    if (/^[hn]\d+$/.test(field)) {
      await redis.hdel(key, field);
      await redis.hset(key, field[0] + String(Number(field.slice(1)) - hours), value);
    } else if (field === 'paired' || field === 'next') {
      await redis.hset(key, field, Number(value) - hours * HOUR_MS);
    }
  }
}

describe('pacing', () => {
  test('holds nothing back when there is none', async () => {
    expect(await dispatchMany(20, {})).toEqual(go(20));
  });

  test('keeps an interval that varies', async () => {
    const pacing = { min_interval_ms: 10_000, jitter: 0.5 };
    const left: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      expect((await dispatch(pacing)).verdict).toBe('go');
      const held = await dispatch(pacing);
      expect(held).toMatchObject({ verdict: 'hold', why: 'min_interval_ms', scope: 'device' });
      left.push(held.verdict === 'hold' ? held.leftMs : 0);
      await turnBack(1);
    }
    expect(Math.min(...left)).toBeGreaterThan(4900);
    expect(Math.max(...left)).toBeLessThanOrEqual(15_000);
    expect(new Set(left).size).toBeGreaterThan(4);
  });

  test('lets no more than so many pass within a minute', async () => {
    expect(await dispatchMany(3, { per_minute: 3 })).toEqual(go(3));
    const held = await dispatch({ per_minute: 3 });
    expect(held).toMatchObject({ verdict: 'hold', why: 'per_minute', scope: 'device' });
    expect(held.verdict === 'hold' && held.leftMs).toBeGreaterThan(55_000);
  });

  test('lets no more than so many pass within 24 hours, wherever midnight is', async () => {
    expect(await dispatchMany(3, { per_day: 4 })).toEqual(go(3));
    await turnBack(20);
    expect(await dispatchMany(2, { per_day: 4 })).toEqual(['go', 'hold']);
    const held = await dispatch({ per_day: 4 });
    expect(held).toMatchObject({ why: 'per_day', scope: 'device' });
    expect(held.verdict === 'hold' && held.leftMs).toBeLessThanOrEqual(4 * HOUR_MS);
    await turnBack(4);
    expect(await dispatchMany(4, { per_day: 4 })).toEqual([...go(3), 'hold']);
  });

  test('lets more pass every day after the device was paired', async () => {
    const pacing = { warm_up: [2, 3], per_day: 5 };
    await context.store.pacings.notePaired(deviceId);
    expect(await dispatchMany(3, pacing)).toEqual([...go(2), 'hold']);
    await turnBack(24);
    expect(await dispatchMany(4, pacing)).toEqual([...go(3), 'hold']);
    await turnBack(24);
    expect(await dispatchMany(6, pacing)).toEqual([...go(5), 'hold']);
  });

  test('holds messages to new chats when the day has had enough of them, but none to known ones or groups', async () => {
    const pacing = { new_chats_per_day: 2 };
    const [known, heard] = [stranger(), stranger()];
    expect(await dispatchMany(3, pacing, known)).toEqual(go(3));
    expect((await dispatch(pacing)).verdict).toBe('go');
    expect(await dispatch(pacing)).toMatchObject({ verdict: 'hold', why: 'new_chats_per_day', scope: 'chat' });
    expect(await context.store.pacings.newChatsHeldMs(deviceId, { ...NO_PACING, ...pacing })).toBeGreaterThan(0);
    expect(await context.store.restrictions.noteChats(deviceId, [heard, known])).toBe(1);
    for (const chat of [known, heard, '']) expect((await dispatch(pacing, chat)).verdict).toBe('go');
    await turnBack(24);
    expect((await dispatch(pacing)).verdict).toBe('go');
    expect(await context.store.pacings.newChatsHeldMs(deviceId, { ...NO_PACING, ...pacing })).toBe(0);
  });

  test('does not hold what may have left already, and counts it once', async () => {
    const { messages, pacings } = context.store;
    const draft = draftFor(context.store, deviceId);
    await acceptMessage(context.store, draft);
    const pacing = { ...NO_PACING, min_interval_ms: 60_000, per_day: 1 };
    for (const dispatchedBefore of [false, true]) {
      const result = await messages.dispatch(draft.id, deviceId, lease.epoch, { pacing, chat: stranger() });
      expect(result).toEqual({ verdict: 'go', dispatchedBefore });
    }
    expect(await pacings.read(deviceId, pacing)).toMatchObject({ sentLastDay: 1, newChatsLastDay: 1 });
  });

  test('of a device is its own where it says so, from the next message on', async () => {
    const { pacings } = context.store;
    await pacings.change(deviceId, { per_minute: 1, warm_up: [7] });
    expect(await dispatchMany(2, { per_minute: 100 })).toEqual(['go', 'hold']);
    expect(await pacings.read(deviceId, { ...NO_PACING, per_day: 9 })).toMatchObject({
      limits: { ...NO_PACING, per_day: 9, per_minute: 1, warm_up: [7] },
      own: { per_minute: 1, warm_up: [7] },
      sentLastMinute: 1,
      dayLimit: 7,
    });
    await pacings.change(deviceId, { per_minute: 0, warm_up: [] });
    expect(await dispatchMany(3, { per_minute: 1, warm_up: [1] })).toEqual(go(3));
    await pacings.change(deviceId, { per_minute: null, warm_up: null });
    expect((await pacings.read(deviceId, NO_PACING)).own).toEqual({});
  });

  test('leaves a held message as it is, so that it can expire or be canceled', async () => {
    const { messages } = context.store;
    await dispatch({ min_interval_ms: 60_000 });
    const draft = draftFor(context.store, deviceId);
    await acceptMessage(context.store, draft);
    const pacing = { ...NO_PACING, min_interval_ms: 60_000 };
    expect(await messages.dispatch(draft.id, deviceId, lease.epoch, { pacing })).toMatchObject({ verdict: 'hold' });
    expect(await messages.read(draft.id)).toMatchObject({ state: 'queued', attempts: 0 });
    expect(await messages.cancel(draft.id, deviceId)).toEqual({ verdict: 'canceled', changed: true });
  });

  test('keeps no counters older than a day', async () => {
    await dispatch({});
    await turnBack(30);
    await dispatch({});
    const fields = Object.keys(await context.redis.hgetall(context.store.keys.pace(deviceId)));
    expect(fields.filter((field) => /^[hn]\d+$/.test(field))).toHaveLength(2);
  });
});

describe('a restriction', () => {
  const until = () => Date.now() + 60_000;

  test('holds new chats only, and a refused chat is new again', async () => {
    const { restrictions } = context.store;
    const [known, refused] = [stranger(), stranger()];
    for (const chat of [known, refused]) await dispatch({}, chat);
    await restrictions.suspect(lease, refused, until());
    expect(await dispatch({}, refused)).toMatchObject({ verdict: 'hold', why: 'restricted', scope: 'chat' });
    expect((await dispatch({}, known)).verdict).toBe('go');
    expect(await restrictions.findNew(deviceId, [known, refused])).toEqual([refused]);
    expect(await restrictions.read(deviceId)).toBeUndefined();
  });

  test('is told once, when it begins', async () => {
    const { restrictions, outbox } = context.store;
    const end = until();
    expect(await restrictions.set(lease, { until: end, type: 'DEFAULT' })).toBe(true);
    expect(await restrictions.set(lease, { until: end + 1000, type: 'DEFAULT' })).toBe(false);
    expect(await restrictions.read(deviceId)).toEqual({ until: end + 1000, type: 'DEFAULT' });
    expect(await restrictions.set(lease, undefined)).toBe(false);
    expect(await restrictions.read(deviceId)).toBeUndefined();
    expect((await dispatch({})).verdict).toBe('go');
    const entries = await outbox.take(shardOfDevice(deviceId), { owner: 'relay', leaseMs: 1, limit: 100 });
    if (!Array.isArray(entries)) throw new Error('someone else relays');
    const told = entries.filter(({ event }) => event.deviceId === deviceId && event.event === 'device.restricted');
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      tenantId: 'ten_a',
      event: {
        errorCode: 'ACCOUNT_RESTRICTED',
        data: { restriction: { until: new Date(end).toISOString(), type: 'DEFAULT' } },
      },
    });
  });

  test('is not written by an owner that was replaced', async () => {
    const { restrictions } = context.store;
    const stale = { deviceId, epoch: lease.epoch - 1 };
    await restrictions.suspect(stale, stranger(), until());
    expect(await restrictions.set(stale, { until: until(), type: 'DEFAULT' })).toBe(false);
    expect((await dispatch({})).verdict).toBe('go');
  });
});
