import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import type { ApiClient } from './harness/api-client.js';
import { makePicture } from './harness/picture.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

let stack: Stack;
let api: ApiClient;
let device: TestDevice;
beforeAll(async () => {
  stack = await startStack();
  device = await stack.addPairedDevice();
  await stack.startWorker();
  api = await stack.startIngress();
  await stack.whenConnected(device.deviceId);
});
afterAll(() => stack.close());

async function sendText(to: string, text: string): Promise<string> {
  const { status, body } = await api.post('/send/text', { to, text });
  expect(status).toBe(202);
  return String(body['message_id']);
}

test('a LID is written to as it is, and is the same chat as the number', async () => {
  const number = '447700900321';
  const { lid } = await stack.sandbox.recipient(number);
  const ids = [
    await sendText(lid, 'to the LID'),
    await sendText(number, 'to the number'),
    await sendText(lid, 'again'),
  ];
  for (const id of ids) await stack.whenState(id, 'delivered', 'read');
  expect(await stack.store.messages.read(ids[0] ?? '')).toMatchObject({ chatJid: lid });
  const { messages } = await stack.sandbox.recipient(number);
  expect(messages.map(({ id }) => id)).toEqual(ids);
  expect(messages[0]).toMatchObject({ decrypted: { 0: 1, 1: 1 }, failures: [], attrs: { to: lid } });
  // One person: keys were fetched once, whatever the name.
  expect(stack.sandbox.counters().keyFetches.requestsByRecipient[number]).toBe(1);
});

test('both spellings of a Brazilian number are one person, looked up once', async () => {
  stack.sandbox.resetCounters();
  const spellings = ['5511987654321', '551187654321'];
  const ids: string[] = [];
  for (const text of ['1', '2', '3', '4']) ids.push(await sendText(spellings[ids.length % 2] ?? '', text));
  for (const id of ids) {
    expect(await stack.whenState(id, 'delivered', 'read')).toMatchObject({ chatJid: '5511987654321@s.whatsapp.net' });
  }
  const { messages } = await stack.sandbox.recipient('5511987654321');
  expect(messages.map(({ message }) => message)).toMatchObject(
    ['1', '2', '3', '4'].map((text) => ({ extendedTextMessage: { text } })),
  );
  expect(stack.sandbox.counters().keyFetches.requestsByRecipient['5511987654321']).toBe(1);
});

test('a newsletter gets what is written as it is, acknowledged but never delivered', async () => {
  const newsletter = '120363040506070809@newsletter';
  const id = await sendText(newsletter, 'news');
  expect(await stack.whenState(id, 'sent')).toMatchObject({ chatJid: newsletter });
  const [post] = await eventually('the post', async () => {
    const posts = await stack.sandbox.newsletter(newsletter);
    return posts.length > 0 && posts;
  });
  expect(post).toMatchObject({
    id,
    attrs: { type: 'text', to: newsletter },
    childTags: ['plaintext'],
    message: { extendedTextMessage: { text: 'news' } },
  });
});

test('a picture for a newsletter is uploaded as it is, with nothing to decrypt it by', async () => {
  const newsletter = '120363040506070810@newsletter';
  const picture = await makePicture(20);
  const { body } = await api.post('/send/image', {
    to: newsletter,
    image: picture.toString('base64'),
    caption: 'look',
  });
  await stack.whenState(String(body['message_id']), 'sent');
  const [post] = await eventually('the post', async () => {
    const posts = await stack.sandbox.newsletter(newsletter);
    return posts.length > 0 && posts;
  });
  expect(post).toMatchObject({ attrs: { type: 'media' }, media: { ok: true } });
  const image = post?.message?.['imageMessage'] as Record<string, unknown>;
  expect(image).toMatchObject({ caption: 'look', mimetype: expect.stringMatching(/^image\//) as unknown });
  expect(Object.keys(image)).not.toEqual(expect.arrayContaining(['mediaKey']));
  expect(Object.keys(image)).not.toEqual(expect.arrayContaining(['fileEncSha256']));
});

test('a group where the device is no member, and one there is not, end at once', async () => {
  const { id: foreign } = stack.sandbox.createGroup({ subject: 'x', owner: '447700900322', participants: [] });
  const outcomes = [
    [foreign, 'REJECTED_BY_WHATSAPP'],
    ['120363099999999999@g.us', 'RECIPIENT_NOT_ON_WHATSAPP'],
  ] as const;
  for (const [to, code] of outcomes) {
    const id = await sendText(to, 'hello');
    expect(await stack.whenState(id, 'failed')).toMatchObject({ errorCode: code });
  }
});
