import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createMetrics, silentLogger } from '@pombo/runtime';
import { createLeases, type Store } from '@pombo/store';
import { openTestStore, type TestStore } from '@pombo/testing';
import type { Turn } from '../src/sending/dispatcher.js';
import type { SendContext } from '../src/sending/send-context.js';
import { sendMessage } from '../src/sending/send-message.js';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

/** As ioredis throws what Redis answers. */
function replyError(text: string): Error {
  const error = new Error(text);
  error.name = 'ReplyError';
  return error;
}

test('a message that was acknowledged is sent, although Redis refuses to write that down at first', async () => {
  const { store, config, redis } = context;
  const { id: deviceId } = await store.devices.create('ten_a', 'phone');
  await store.devices.report(deviceId, { paired: true });
  const lease = await createLeases(redis, store.keys, 'worker-1').claim(deviceId);
  const id = store.messages.createId(deviceId);
  await store.messages.accept({
    ...{ id, deviceId, priority: 'normal', delayMs: 0, expiresInMs: 60_000, awaited: false },
    ...{ tenantId: 'ten_a', userId: 'usr_a', to: '5511999990000@s.whatsapp.net' },
    content: { type: 'text', text: 'hello' },
  });

  let refusals = 1;
  const refusing: Store = {
    ...store,
    messages: {
      ...store.messages,
      transition: (...args) =>
        refusals-- > 0
          ? Promise.reject(replyError('NOREPLICAS Not enough good replicas to write.'))
          : store.messages.transition(...args),
    },
  };
  const session: Partial<SendContext['session']> = {
    state: 'connected',
    send: () => Promise.resolve(),
  };
  const directory: SendContext['directory'] = {
    resolveChat: (to) => Promise.resolve(to),
    prepareChat: () => Promise.resolve(),
    warm: () => Promise.resolve(),
    laneOf: (to) => to,
    close: () => undefined,
  };
  const sending = {
    ...{ config, store: refusing, deviceId, epoch: lease?.epoch ?? 0, session, logger: silentLogger },
    ...{ directory, metrics: createMetrics('test'), signal: new AbortController().signal },
  } as Partial<SendContext> as SendContext;
  const turn: Turn = { first: () => Promise.resolve(), inFlight: (send) => send(() => undefined) };
  const place = { sequence: 1, priority: 'normal', to: '5511999990000@s.whatsapp.net', expiresAt: Infinity } as const;
  await sendMessage({ messageId: id, requestId: 'r-1', ...place }, turn, sending);
  expect(await store.messages.read(id)).toMatchObject({ state: 'sent' });
});
