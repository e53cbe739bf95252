import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MessageState } from '@pombo/contracts';
import { openTestStore, playOwner, type TestStore } from '@pombo/testing';
import { acceptMessage, draftFor } from './drafts.js';

let context: TestStore;
let other: TestStore;
let deviceId: string;
let epoch: number;

beforeAll(async () => {
  context = await openTestStore();
  other = await openTestStore(context.config);
  deviceId = (await context.store.devices.create('ten_a', 'phone')).id;
  epoch = await playOwner(context.store, deviceId);
});
afterAll(async () => {
  await other.redis.quit();
  await context.close();
});

async function accepted(): Promise<string> {
  const draft = draftFor(context.store, deviceId);
  await acceptMessage(context.store, draft);
  return draft.id;
}

async function eventsOf(id: string): Promise<string[]> {
  const events = await context.store.outbox.read(id.slice(4, 7) as never, 10_000);
  return events.filter(({ messageId }) => messageId === id).map(({ event }) => event);
}

describe('canceling', () => {
  test('ends a message that is queued or prepared, once, and says so', async () => {
    const { messages, devices } = context.store;
    const before = await devices.waiting(deviceId);
    for (const prepared of [false, true]) {
      const id = await accepted();
      if (prepared) expect((await messages.begin(id, deviceId, epoch)).verdict).toBe('go');
      expect(await messages.cancel(id, deviceId)).toEqual({ verdict: 'canceled', changed: true });
      expect(await messages.cancel(id, deviceId)).toEqual({ verdict: 'canceled', changed: false });
      expect((await messages.dispatch(id, deviceId, epoch)).verdict).toBe('settled');
      expect(await messages.read(id)).toMatchObject({ state: 'canceled', errorCode: 'CANCELED' });
      expect(await eventsOf(id)).toEqual(['message.queued', 'message.canceled']);
    }
    expect(await devices.waiting(deviceId)).toBe(before);
  });

  test.each<MessageState>(['sent', 'delivered', 'failed', 'expired'])(
    'comes too late for one that is %s',
    async (state) => {
      const { messages } = context.store;
      const id = await accepted();
      await messages.transition(id, deviceId, state);
      expect(await messages.cancel(id, deviceId)).toEqual({ verdict: 'late' });
      expect((await messages.read(id))?.state).toBe(state);
    },
  );

  test('leaves nothing behind for a message that does not exist', async () => {
    const id = context.store.messages.createId(deviceId);
    expect(await context.store.messages.cancel(id, deviceId)).toEqual({ verdict: 'gone' });
    expect(await context.redis.exists(context.store.keys.record(id))).toBe(0);
  });

  test('and dispatching at once: exactly one wins, and record and events agree', async () => {
    const wins = { cancel: 0, dispatch: 0 };
    for (let round = 0; round < 100; round += 1) {
      const { messages } = context.store;
      const id = await accepted();
      await messages.begin(id, deviceId, epoch);
      const cancel = () => messages.cancel(id, deviceId);
      const dispatch = () => other.store.messages.dispatch(id, deviceId, epoch);
      // Who is asked first differs, and each has a connection of its own.
      const [canceled, dispatched] =
        round % 2 === 0
          ? await Promise.all([cancel(), dispatch()])
          : await Promise.all([dispatch(), cancel()]).then(([d, c]) => [c, d] as const);
      const byCancel = canceled.verdict === 'canceled';
      expect({ canceled: canceled.verdict, dispatched: dispatched.verdict }).toEqual(
        byCancel ? { canceled: 'canceled', dispatched: 'settled' } : { canceled: 'late', dispatched: 'go' },
      );
      const record = await messages.read(id);
      expect(record?.state).toBe(byCancel ? 'canceled' : 'processing');
      expect(record?.dispatchedAt === undefined).toBe(byCancel);
      expect(await eventsOf(id)).toEqual(['message.queued', ...(byCancel ? ['message.canceled'] : [])]);
      wins[byCancel ? 'cancel' : 'dispatch'] += 1;
    }
    expect(wins.cancel + wins.dispatch).toBe(100);
    expect(Math.min(wins.cancel, wins.dispatch)).toBeGreaterThan(0);
  });
});
