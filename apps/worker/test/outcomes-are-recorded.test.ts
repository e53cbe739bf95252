import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createMetrics, silentLogger } from '@pombo/runtime';
import { JobReleased } from '@pombo/queue';
import { createLeases, type Store } from '@pombo/store';
import { openTestStore, type TestStore } from '@pombo/testing';
import { NoAnswerError, UnknownOutcomeError } from '@pombo/whatsapp';
import type { Turn } from '../src/sending/dispatcher.js';
import type { SendContext } from '../src/sending/send-context.js';
import { sendMessage } from '../src/sending/send-message.js';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

const TO = '5511999990000@s.whatsapp.net';

/** As ioredis throws what Redis answers. */
function replyError(text: string): Error {
  const error = new Error(text);
  error.name = 'ReplyError';
  return error;
}

interface Stage {
  readonly send?: () => Promise<void>;
  readonly prepareChat?: () => Promise<void>;
  readonly store?: Store;
  readonly settings?: Partial<SendContext['config']>;
  readonly signal?: AbortSignal;
}

/** A message of a new device, and the sending of it by whatever the stage has in place of a session. */
async function stage({ store = context.store, settings, ...given }: Stage) {
  const { config, redis } = context;
  const { id: deviceId } = await store.devices.create('ten_a', 'phone');
  await store.devices.report(deviceId, { paired: true });
  const lease = await createLeases(redis, store.keys, 'worker-1').claim(deviceId);
  const id = store.messages.createId(deviceId);
  await store.messages.accept({
    ...{ id, deviceId, priority: 'normal', expiresInMs: 60_000, awaited: false },
    ...{ tenantId: 'ten_a', userId: 'usr_a', to: TO },
    content: { type: 'text', text: 'hello' },
  });
  const session: Partial<SendContext['session']> = {
    state: 'connected',
    send: given.send ?? (() => Promise.resolve()),
  };
  const directory: SendContext['directory'] = {
    resolveChat: (to) => Promise.resolve(to),
    prepareChat: given.prepareChat ?? (() => Promise.resolve()),
    warm: () => Promise.resolve(),
    laneOf: (to) => to,
    learnLanes: () => Promise.resolve(),
    close: () => undefined,
  };
  const sending = {
    ...{ config: { ...config, ...settings }, store, deviceId, epoch: lease?.epoch ?? 0, session },
    ...{ logger: silentLogger, directory, metrics: createMetrics('test') },
    signal: given.signal ?? new AbortController().signal,
  } as Partial<SendContext> as SendContext;
  const turn: Turn = { first: () => Promise.resolve(), inFlight: (send) => send(() => undefined) };
  const place = { sequence: 1, priority: 'normal', to: TO, expiresAt: Infinity } as const;
  return { id, sent: sendMessage({ messageId: id, requestId: 'r-1', ...place }, turn, sending) };
}

test('a message that was acknowledged is sent, although Redis refuses to write that down at first', async () => {
  const { store } = context;
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
  const { id, sent } = await stage({ store: refusing });
  await sent;
  expect(await store.messages.read(id)).toMatchObject({ state: 'sent' });
});

test('a message whose device is given up before its ack is no failure, however often it was sent again', async () => {
  const released = new AbortController();
  const { id, sent } = await stage({
    settings: { SEND_MAX_RESENDS: 0 },
    signal: released.signal,
    send() {
      released.abort();
      return Promise.reject(new UnknownOutcomeError('the connection was closed'));
    },
  });
  await expect(sent).rejects.toThrow(JobReleased);
  expect(await context.store.messages.read(id)).toMatchObject({ state: 'processing' });
});

test('connections lost before the ack count for less than a server that is silent', async () => {
  const { store } = context;
  const failing = (times: number, how: ConstructorParameters<typeof UnknownOutcomeError>[1]) => ({
    settings: { SEND_MAX_RESENDS: 1 },
    send: () => (times-- > 0 ? Promise.reject(new UnknownOutcomeError('no ack', how)) : Promise.resolve()),
  });
  const lost = await stage(failing(4, { disconnected: true }));
  const silent = await stage(failing(2, { timedOut: true }));
  const poison = await stage(failing(5, { disconnected: true }));
  await Promise.all([lost.sent, silent.sent, poison.sent]);
  expect(await store.messages.read(lost.id)).toMatchObject({ state: 'sent' });
  for (const { id } of [silent, poison]) {
    expect(await store.messages.read(id)).toMatchObject({ state: 'failed', errorCode: 'SEND_TIMEOUT' });
  }
});

test('questions WhatsApp refuses for a while are put again for longer than a few tries', async () => {
  let refusals = 1;
  const prepareChat = () => (refusals-- > 0 ? Promise.reject(new NoAnswerError()) : Promise.resolve());
  const { id, sent } = await stage({ settings: { MEDIA_ATTEMPTS: 1 }, prepareChat });
  await sent;
  expect(await context.store.messages.read(id)).toMatchObject({ state: 'sent' });
});
