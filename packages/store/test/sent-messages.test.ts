import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MessageContent } from '@pombo/contracts';
import type { SentMessage } from '@pombo/store';
import { keysOf, openTestStore, playOwner, type TestStore } from '@pombo/testing';
import { acceptMessage, draftFor } from './drafts.js';

const CAPTION = `Spring has come to the pigeon loft 🕊 "${'so visit us, '.repeat(14)}"`;
const CONTENT: MessageContent = { type: 'image', source: { url: 'https://example.com/a.png' }, caption: CAPTION };
/** As a protobuf has it: the same words, between other bytes. */
const BYTES = Buffer.concat([Buffer.from([10, 200, 1, 0, 255]), Buffer.from(CAPTION), Buffer.alloc(32, 7)]);
const SHARED = Buffer.from('the media of a whole campaign');

let context: TestStore;
let deviceId: string;
let epoch: number;
beforeAll(async () => {
  context = await openTestStore();
  deviceId = (await context.store.devices.create('ten_a', 'phone')).id;
  epoch = await playOwner(context.store, deviceId);
});
afterAll(() => context.close());

async function send(id: string, content: MessageContent, message: SentMessage): Promise<void> {
  const { messages, sentMessages } = context.store;
  const { sealed: sent, kept } = sentMessages.seal(id, content, message);
  await Promise.all([messages.dispatch(id, deviceId, epoch, { sent }), kept]);
}

async function accepted(content = CONTENT): Promise<string> {
  const draft = draftFor(context.store, deviceId, { content });
  await acceptMessage(context.store, draft);
  return draft.id;
}

test('what was sent is read as it was, and the content stays what it was', async () => {
  const { sentMessages, messages } = context.store;
  for (const shared of [SHARED, undefined]) {
    const id = await accepted();
    expect(await sentMessages.read(id)).toBeUndefined();
    await send(id, CONTENT, { bytes: BYTES, shared });
    await send(id, CONTENT, { bytes: BYTES, shared });
    expect(await sentMessages.read(id)).toEqual({ bytes: BYTES, shared });
    expect(await messages.readContent(id)).toEqual(CONTENT);
  }
});

test.each([
  ['empty', { type: 'text', text: '' }, Buffer.alloc(0)],
  ['longer than the window', { type: 'text', text: 'pombo '.repeat(11_000) }, Buffer.from('pombo '.repeat(11_000))],
  ['holding zeros', { type: 'text', text: 'a\u0000b' }, Buffer.from('a\u0000b')],
] as const)('a message %s comes back', async (_what, content, bytes) => {
  const id = await accepted(content);
  await send(id, content, { bytes, shared: undefined });
  expect((await context.store.sentMessages.read(id))?.bytes).toEqual(bytes);
  expect(await context.store.messages.readContent(id)).toEqual(content);
});

test('it costs little beside the content, lives as long, and its media is kept once', async () => {
  const { redis, store, config } = context;
  const [one, other] = [await accepted(), await accepted()];
  const key = store.keys.content(one);
  const [sizeBefore, ttlBefore] = [await redis.strlen(key), await redis.pttl(key)];
  for (const id of [one, other]) await send(id, CONTENT, { bytes: BYTES, shared: SHARED });
  expect((await redis.strlen(key)) - sizeBefore).toBeLessThan(100);
  expect(Math.abs((await redis.pttl(key)) - ttlBefore)).toBeLessThan(60_000);
  const media = (await keysOf(redis, config.REDIS_PREFIX)).filter((name) => name.includes(':sm:'));
  expect(media).toHaveLength(1);
  const left = await redis.pttl(media[0] ?? '');
  expect(left).toBeGreaterThanOrEqual(config.SENT_RETENTION_MS);
  expect(left).toBeLessThanOrEqual(config.SENT_RETENTION_MS + 600_000);
  await redis.del(media[0] ?? '');
  expect(await store.sentMessages.read(one)).toBeUndefined();
});

test('a message that is gone is not brought back', async () => {
  const { redis, store } = context;
  const id = await accepted();
  await redis.del(store.keys.content(id));
  await send(id, CONTENT, { bytes: BYTES, shared: undefined });
  expect(await redis.exists(store.keys.content(id))).toBe(0);
});
