import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MessageState, Shard } from '@pombo/contracts';
import { eventually, openTestStore, type TestStore } from '@pombo/testing';
import { acceptMessage, draftFor } from './drafts.js';

let context: TestStore;
let deviceId: string;
beforeAll(async () => {
  context = await openTestStore();
  deviceId = (await context.store.devices.create('ten_a', 'phone')).id;
  await context.store.devices.report(deviceId, { paired: true });
});
afterAll(() => context.close());

async function accepted(changes = {}): Promise<string> {
  const draft = draftFor(context.store, deviceId, changes);
  await acceptMessage(context.store, draft);
  return draft.id;
}
const move = (id: string, state: MessageState, code = 'MEDIA_INVALID') =>
  context.store.messages.transition(
    id,
    deviceId,
    state,
    ...(state === 'failed' ? [{ error: { code, message: 'no' } }] : []),
  );

async function eventsOf(id: string): Promise<string[]> {
  const events = await context.store.outbox.read(id.slice(4, 7) as Shard, 1000);
  return events.filter(({ messageId }) => messageId === id).map(({ event }) => event);
}

const PATHS: Array<{ path: MessageState[]; end: MessageState; events: string[] }> = [
  { path: ['processing', 'sent', 'delivered', 'read'], end: 'read', events: ['queued', 'sent', 'delivered', 'read'] },
  { path: ['delivered', 'sent'], end: 'delivered', events: ['queued', 'sent', 'delivered'] },
  { path: ['sent', 'read', 'delivered'], end: 'read', events: ['queued', 'sent', 'delivered', 'read'] },
  { path: ['sent', 'played'], end: 'played', events: ['queued', 'sent', 'delivered', 'played'] },
  {
    path: ['sent', 'played', 'read', 'read'],
    end: 'played',
    events: ['queued', 'sent', 'delivered', 'played', 'read'],
  },
  { path: ['sent', 'sent', 'sent'], end: 'sent', events: ['queued', 'sent'] },
  { path: ['sent', 'failed'], end: 'sent', events: ['queued', 'sent'] },
  { path: ['sent', 'canceled', 'expired'], end: 'sent', events: ['queued', 'sent'] },
  { path: ['failed', 'sent', 'delivered'], end: 'failed', events: ['queued', 'failed'] },
  { path: ['canceled', 'processing', 'sent'], end: 'canceled', events: ['queued', 'canceled'] },
  { path: ['expired', 'delivered'], end: 'expired', events: ['queued', 'expired'] },
];

describe('a message only moves forward', () => {
  test.each(PATHS)('$path ends $end', async ({ path, end, events }) => {
    const id = await accepted();
    for (const state of path) await move(id, state);
    expect((await context.store.messages.read(id))?.state).toBe(end);
    expect(await eventsOf(id)).toEqual(events.map((event) => `message.${event}`));
  });

  test('whoever waits is told the whole record, once for each state it ends a wait with', async () => {
    const { store } = context;
    const id = await accepted({ awaited: true });
    const listener = store.redis.duplicate();
    const told: string[] = [];
    listener.on('message', (_channel: string, text: string) => told.push(text));
    try {
      await listener.subscribe(store.keys.outcome(id));
      await move(id, 'processing');
      await move(id, 'sent');
      await eventually('it was told', () => Promise.resolve(told[0]));
    } finally {
      listener.disconnect();
    }
    expect(told).toHaveLength(1);
    const record = await store.messages.readOutcome(id, told[0] ?? '');
    expect(record).toMatchObject({ id, state: 'sent', deviceId, sentAt: expect.any(Number) });
    expect(record).toEqual(await store.messages.read(id));
    // As workers of earlier versions tell it.
    expect(await store.messages.readOutcome(id, 'sent')).toBeUndefined();
  });

  test('what the record says of a message and what was told of it agree, in whatever order receipts come', async () => {
    const told = { sent: 'sentAt', delivered: 'deliveredAt', read: 'readAt', played: 'playedAt' } as const;
    const receipts = ['delivered', 'read', 'played'] as const;
    for (const first of receipts) {
      for (const second of receipts) {
        const id = await accepted();
        for (const state of ['processing', 'sent', first, second] as const) await move(id, state);
        const record = await context.store.messages.read(id);
        const said = Object.entries(told).flatMap(([event, stamp]) => (record?.[stamp] ? [`message.${event}`] : []));
        expect((await eventsOf(id)).slice(1).sort()).toEqual(said.sort());
      }
    }
  });

  test('a late receipt beats a time-out, and only that failure', async () => {
    const id = await accepted();
    await move(id, 'failed', 'SEND_TIMEOUT');
    expect((await context.store.messages.read(id))?.errorCode).toBe('SEND_TIMEOUT');
    expect(await move(id, 'delivered')).toEqual({ changed: true, state: 'delivered' });
    const record = await context.store.messages.read(id);
    expect(record?.errorCode).toBeUndefined();
    expect(record?.failedAt).toBeUndefined();
    expect(record?.sentAt).toBeDefined();
  });

  test('many moves at once store each event once', async () => {
    const id = await accepted();
    const states: MessageState[] = ['sent', 'delivered', 'read'];
    await Promise.all(Array.from({ length: 60 }, (_, i) => move(id, states[i % 3] ?? 'sent')));
    expect(await eventsOf(id)).toEqual(['message.queued', 'message.sent', 'message.delivered', 'message.read']);
  });

  test('messages moved together move as they would alone', async () => {
    const ids = await Promise.all(Array.from({ length: 60 }, () => accepted()));
    const unknown = context.store.messages.createId(deviceId);
    const moves = [move(unknown, 'sent'), ...ids.map((id, nth) => move(id, nth % 2 === 0 ? 'sent' : 'delivered'))];
    const [first, ...others] = await Promise.all(moves);
    expect(first).toEqual({ changed: false, state: undefined });
    for (const [nth, id] of ids.entries()) {
      const state = nth % 2 === 0 ? 'sent' : 'delivered';
      expect(others[nth]).toEqual({ changed: true, state });
      const implied = state === 'sent' ? ['queued', 'sent'] : ['queued', 'sent', 'delivered'];
      expect(await eventsOf(id)).toEqual(implied.map((event) => `message.${event}`));
      expect((await context.store.messages.read(id))?.state).toBe(state);
    }
  });

  test('a finished message leaves the device’s waiting count once', async () => {
    const before = await context.store.devices.waiting(deviceId);
    const id = await accepted();
    expect(await context.store.devices.waiting(deviceId)).toBe(before + 1);
    for (const state of ['sent', 'delivered', 'read'] as const) await move(id, state);
    expect(await context.store.devices.waiting(deviceId)).toBe(before);
  });

  test('an unknown id moves nothing', async () => {
    const id = context.store.messages.createId(deviceId);
    expect(await move(id, 'sent')).toEqual({ changed: false, state: undefined });
    expect(await context.redis.exists(context.store.keys.record(id))).toBe(0);
  });

  test('records and contents do not live for ever', async () => {
    const id = await accepted();
    const { keys } = context.store;
    for (const key of [keys.record(id), keys.content(id)]) expect(await context.redis.pttl(key)).toBeGreaterThan(0);
    await move(id, 'sent');
    for (const key of [keys.record(id), keys.content(id)]) {
      const left = await context.redis.pttl(key);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(context.config.RECORD_RETENTION_MS);
    }
  });
});
