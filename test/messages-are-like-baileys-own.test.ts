/**
 * What Pombo sends is what plain Baileys sends: the same content through both, compared by what the recipient decrypted
 * and by the stanza around it. Differences are allowed only where the list below says why.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AnyMessageContent, WASocket } from '@whiskeysockets/baileys';
import { connectClient, createAuth } from '../apps/sandbox/test/harness/client.js';
import { eventually, makeMp3, makeMp4, makeOpus } from '@pombo/testing';
import type { ApiClient } from './harness/api-client.js';
import { makeMovingSticker, makePicture } from './harness/picture.js';
import { startStack, type Stack } from './harness/stack.js';

/** Differs with every sending, whoever sends. */
const CHANGING = [
  'messageSecret',
  'url',
  'directPath',
  'mediaKey',
  'mediaKeyTimestamp',
  'fileEncSha256',
  'senderTimestampMs',
];
/** Baileys reads the token's content out of the padded message: random padding decides whether it finds any. */
const BY_CHANCE = 'reporting';
const ALLOWED: Readonly<Record<string, string>> = {
  nonJidMentions: 'Baileys writes a 0, the default, into a context it made for mentions',
  jpegThumbnail: 'Pombo makes its own thumbnail (EXIF applied, 72 px wide, under 5 KB)',
};

let stack: Stack;
let api: ApiClient;
let plain: WASocket;
let picture: Buffer;
let sticker: Buffer;
const video = makeMp4(3, 320, 240);
const song = makeMp3(2);
const voice = makeOpus(2);
const waveform = new Uint8Array(64).map((_, bar) => bar);
const base64 = (bytes: Buffer): string => bytes.toString('base64');

beforeAll(async () => {
  stack = await startStack();
  picture = await makePicture();
  sticker = await makeMovingSticker();
  api = await stack.startIngress();
  const device = await stack.addPairedDevice();
  await stack.startWorker();
  await stack.whenConnected(device.deviceId);
  const [linked] = await stack.sandbox.createPairedDevices(1);
  const client = connectClient(stack.sandbox, createAuth(linked?.creds));
  stack.onClose(() => client.close());
  await client.waitForOpen();
  plain = client.sock;
});
afterAll(() => stack.close());

interface Pair {
  readonly what: string;
  readonly path: string;
  readonly body: () => Record<string, unknown>;
  readonly content: () => AnyMessageContent;
}

const mentioned = ['5511988887777@s.whatsapp.net'];
const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nTEL;waid=5511988887777:+55 11 98888-7777\nEND:VCARD';
const quotedKey = { id: 'QUOTED1', fromMe: false };
const PAIRS: readonly Pair[] = [
  { what: 'a text', path: '/send/text', body: () => ({ text: 'hello' }), content: () => ({ text: 'hello' }) },
  {
    what: 'a text with a mention',
    path: '/send/text',
    body: () => ({ text: 'hello @5511988887777', mentioned }),
    content: () => ({ text: 'hello @5511988887777', mentions: mentioned }),
  },
  {
    what: 'a picture',
    path: '/send/image',
    body: () => ({ image: base64(picture), caption: 'look' }),
    content: () => ({ image: picture, caption: 'look', mimetype: 'image/png', width: 320, height: 200 }),
  },
  {
    what: 'a picture to be seen once',
    path: '/send/image',
    body: () => ({ image: base64(picture), viewOnce: true }),
    content: () => ({ image: picture, viewOnce: true, mimetype: 'image/png', width: 320, height: 200 }),
  },
  {
    what: 'a video',
    path: '/send/video',
    body: () => ({ video: base64(video), caption: 'watch' }),
    content: () => ({ video, caption: 'watch', seconds: 3, width: 320, height: 240 }),
  },
  {
    what: 'a video that plays like a GIF, to be seen once',
    path: '/send/video',
    body: () => ({ video: base64(video), gifPlayback: true, viewOnce: true }),
    content: () => ({ video, gifPlayback: true, viewOnce: true, seconds: 3, width: 320, height: 240 }),
  },
  {
    what: 'a song',
    path: '/send/audio',
    body: () => ({ audio: base64(song) }),
    content: () => ({ audio: song, mimetype: 'audio/mpeg' }),
  },
  {
    what: 'a voice note',
    path: '/send/audio',
    body: () => ({ audio: base64(voice), ptt: true, waveform: [...waveform] }),
    content: () => ({ audio: voice, ptt: true, waveform }),
  },
  {
    what: 'a sticker that moves',
    path: '/send/sticker',
    body: () => ({ sticker: base64(sticker) }),
    content: () => ({ sticker, isAnimated: true, width: 64, height: 64 }),
  },
  {
    what: 'a document',
    path: '/send/document',
    body: () => ({
      document: base64(Buffer.from('a;b')),
      file_name: 'a.csv',
      mime_type: 'text/csv',
      caption: 'figures',
    }),
    content: () => ({ document: Buffer.from('a;b'), fileName: 'a.csv', mimetype: 'text/csv', caption: 'figures' }),
  },
  {
    what: 'a place',
    path: '/send/location',
    body: () => ({ latitude: -23.5, longitude: -46.6, name: 'Sé' }),
    content: () => ({ location: { degreesLatitude: -23.5, degreesLongitude: -46.6, name: 'Sé' } }),
  },
  {
    what: 'a contact',
    path: '/send/contact',
    body: () => ({ contact: { vcard, full_name: 'Ana' } }),
    content: () => ({ contacts: { displayName: 'Ana', contacts: [{ displayName: 'Ana', vcard }] } }),
  },
  {
    what: 'several contacts',
    path: '/send/contacts',
    body: () => ({ contacts: [vcard, vcard], display_name: 'Two Anas' }),
    content: () => ({
      contacts: {
        displayName: 'Two Anas',
        contacts: [
          { displayName: 'Ana', vcard },
          { displayName: 'Ana', vcard },
        ],
      },
    }),
  },
  {
    what: 'a poll with one answer',
    path: '/send/poll',
    body: () => ({ question: 'When?', options: [{ option_name: 'now' }, { option_name: 'later' }] }),
    content: () => ({ poll: { name: 'When?', values: ['now', 'later'], selectableCount: 1 } }),
  },
  {
    what: 'a poll with several answers',
    path: '/send/poll',
    body: () => ({
      question: 'What?',
      options: [{ option_name: 'a' }, { option_name: 'b' }],
      allow_multiple_answers: true,
    }),
    content: () => ({ poll: { name: 'What?', values: ['a', 'b'], selectableCount: 0 } }),
  },
];

let next = 5511955550000;
const freshNumber = (): string => String(next++);

/** Without what changes from sending to sending, and without what the list allows. */
function comparable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(comparable);
  const kept = Object.entries(value).filter(([key]) => !CHANGING.includes(key) && !(key in ALLOWED));
  return Object.fromEntries(kept.map(([key, inner]) => [key, comparable(inner)]));
}

/** The chat itself is named in some messages. */
const withoutNumber = (view: object, number: string): unknown =>
  JSON.parse(JSON.stringify(view).replaceAll(number, 'N')) as unknown;

async function receivedBy(number: string) {
  const message = await eventually(
    'the message arrives',
    async () => (await stack.sandbox.recipient(number)).messages[0],
  );
  const { attrs, childTags, encTypes } = message;
  return {
    message: comparable(message.message),
    attrs: Object.keys(attrs).sort(),
    type: attrs['type'],
    childTags: childTags.filter((tag) => tag !== BY_CHANCE).sort(),
    encTypes,
  };
}

describe('to the recipient there is no difference between Pombo’s', () => {
  test.each(PAIRS)('$what and Baileys’ own', async ({ path, body, content }) => {
    const [ours, theirs] = [freshNumber(), freshNumber()];
    const answer = await api.post(path, { number: ours, ...body() }, { prefer: 'wait=30' });
    expect(answer.body).toMatchObject({ status: 'sent' });
    await plain.sendMessage(`${theirs}@s.whatsapp.net`, content());
    expect(await receivedBy(ours)).toEqual(await receivedBy(theirs));
  });

  test('reaction and Baileys’ own', async () => {
    const [ours, theirs] = [freshNumber(), freshNumber()];
    await api.post('/send/reaction', { number: ours, messageId: 'ABC', reaction: '👍' }, { prefer: 'wait=30' });
    const key = { remoteJid: `${theirs}@s.whatsapp.net`, fromMe: false, id: 'ABC' };
    await plain.sendMessage(key.remoteJid, { react: { text: '👍', key } });
    const [mine, other] = await Promise.all([receivedBy(ours), receivedBy(theirs)]);
    expect(withoutNumber(mine, ours)).toEqual(withoutNumber(other, theirs));
  });

  test('quote and Baileys’ own', async () => {
    const [ours, theirs] = [freshNumber(), freshNumber()];
    const quoted = { key: quotedKey, message: { conversation: 'what you said' } };
    await api.post('/send/text', { number: ours, text: 'yes', quoted }, { prefer: 'wait=30' });
    const remoteJid = `${theirs}@s.whatsapp.net`;
    const theirQuote = { key: { ...quotedKey, remoteJid }, message: { conversation: 'what you said' } };
    await plain.sendMessage(remoteJid, { text: 'yes' }, { quoted: theirQuote });
    const [mine, other] = await Promise.all([receivedBy(ours), receivedBy(theirs)]);
    expect(withoutNumber(mine, ours)).toEqual(withoutNumber(other, theirs));
  });
});
