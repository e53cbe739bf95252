/** Every message type through the whole stack, to every sort of recipient, asserted on what the recipient decrypted. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SEND_ROUTES } from '@pombo/contracts';
import { makeMp3, makeMp4, makeOpus, makePdf } from '@pombo/testing';
import sharp from 'sharp';
import type { ApiAnswer, ApiClient } from './harness/api-client.js';
import { makeMovingSticker, makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { startStack, type Stack } from './harness/stack.js';

const NO_PROGRAM = '/nowhere/to/be/found';
const PARTICIPANTS = ['5511977770001', '5511977770002'];
let stack: Stack;
let api: ApiClient;
let server: PictureServer;

/** What is sent, by name. */
const files: Record<'picture' | 'sticker' | 'movingSticker' | 'pdf' | 'csv' | 'video' | 'song' | 'voice', Buffer> = {
  picture: Buffer.alloc(0),
  sticker: Buffer.alloc(0),
  movingSticker: Buffer.alloc(0),
  pdf: makePdf({ pages: 3 }),
  csv: Buffer.from('a;b\n1;2\n'),
  video: makeMp4(3, 320, 240),
  song: makeMp3(2),
  voice: makeOpus(2),
};
type FileName = keyof typeof files;

beforeAll(async () => {
  // What ffmpeg adds is another test's: this one has to be the same on every machine.
  const env = { FFMPEG_PATH: NO_PROGRAM, FFPROBE_PATH: NO_PROGRAM };
  // Phones, worker and ingress share one thread here: what Redis answers at once is heard late.
  const patience = { REDIS_COMMAND_TIMEOUT_MS: '20000', LEASE_TTL_MS: '30000', LEASE_RENEW_MS: '5000' };
  stack = await startStack({ env: { ...env, ...patience } });
  files.picture = await makePicture();
  files.sticker = await sharp(files.picture).resize(512, 512).webp().toBuffer();
  files.movingSticker = await makeMovingSticker();
  server = await startPictureServer(files.picture);
  for (const [name, bytes] of Object.entries(files)) server.answer(`/${name}`, (_, response) => response.end(bytes));
  stack.onClose(() => server.stop());
  api = await stack.startIngress();
  const device = await stack.addPairedDevice();
  await stack.startWorker();
  await stack.whenConnected(device.deviceId);
  sendAll();
});
afterAll(() => stack.close());

/** The ways in which media gets into a message. */
const SOURCES: Readonly<Record<string, (field: string, name: FileName) => Promise<Record<string, unknown>>>> = {
  'by URL': (field, name) => Promise.resolve({ [`${field}_url`]: server.url(`/${name}`) }),
  inline: (field, name) => Promise.resolve({ [field]: `data:;base64,${files[name].toString('base64')}` }),
  'by id': async (_field, name) => ({ media_id: (await api.upload(files[name])).body['media_id'] }),
};

interface Case {
  readonly path: string;
  readonly what: string;
  /** Field and file of what it carries. */
  readonly media?: readonly [field: string, name: FileName];
  readonly body: () => Record<string, unknown>;
  /** The decrypted message, besides its secret. */
  readonly message: () => Record<string, unknown>;
  readonly metadata?: () => Record<string, unknown>;
  readonly stanza?: { readonly type: string; readonly childTags?: readonly string[] };
}

const hashOf = (name: FileName): string => createHash('sha256').update(files[name]).digest('base64');
const rows = [
  { id: 'r1', title: 'One', description: 'the first' },
  { id: 'r2', title: 'Two' },
];

const CASES: readonly Case[] = [
  {
    path: '/send/text',
    what: 'a text',
    body: () => ({ text: 'hello *you*' }),
    message: () => ({ extendedTextMessage: { text: 'hello *you*' } }),
    stanza: { type: 'text' },
  },
  {
    path: '/send/image',
    what: 'a picture',
    media: ['image', 'picture'],
    body: () => ({ caption: 'look' }),
    message: () => ({
      imageMessage: { mimetype: 'image/png', caption: 'look', fileSha256: hashOf('picture'), width: 320, height: 200 },
    }),
    metadata: () => ({
      ...{ image_size_bytes: files.picture.length, image_format: 'image/png', delivered_format: 'image/png' },
      ...{ width: 320, height: 200, view_once_enabled: false },
    }),
    stanza: { type: 'media' },
  },
  {
    path: '/send/video',
    what: 'a video',
    media: ['video', 'video'],
    body: () => ({ caption: 'watch', gif_playback: true }),
    message: () => ({
      videoMessage: {
        ...{ mimetype: 'video/mp4', caption: 'watch', gifPlayback: true, fileSha256: hashOf('video') },
        ...{ fileLength: files.video.length, seconds: 3, width: 320, height: 240 },
      },
    }),
    metadata: () => ({
      ...{ video_size_bytes: files.video.length, video_format: 'video/mp4', delivered_format: 'video/mp4' },
      thumbnail_included: false,
      ...{ duration_seconds: 3, width: 320, height: 240, view_once_enabled: false },
    }),
    stanza: { type: 'media' },
  },
  {
    path: '/send/audio',
    what: 'a song',
    media: ['audio', 'song'],
    body: () => ({}),
    message: () => ({
      audioMessage: { mimetype: 'audio/mpeg', fileSha256: hashOf('song'), fileLength: files.song.length, seconds: 2 },
    }),
    metadata: () => ({
      ...{ audio_size_bytes: files.song.length, audio_format: 'audio/mpeg', delivered_format: 'audio/mpeg' },
      duration_seconds: 2.011,
    }),
    stanza: { type: 'media' },
  },
  {
    path: '/send/audio',
    what: 'a voice note',
    media: ['audio', 'voice'],
    body: () => ({ ptt: true, waveform: Array.from({ length: 64 }, (_, bar) => bar) }),
    message: () => ({
      audioMessage: {
        ...{ mimetype: 'audio/ogg; codecs=opus', ptt: true, fileSha256: hashOf('voice'), seconds: 2 },
        waveform: Buffer.from(Array.from({ length: 64 }, (_, bar) => bar)).toString('base64'),
      },
    }),
    metadata: () => ({ audio_size_bytes: files.voice.length, duration_seconds: 2, waveform_included: true }),
  },
  {
    path: '/send/sticker',
    what: 'a sticker',
    media: ['sticker', 'sticker'],
    body: () => ({}),
    message: () => ({
      stickerMessage: { mimetype: 'image/webp', fileSha256: hashOf('sticker'), width: 512, height: 512 },
    }),
    metadata: () => ({ sticker_size_bytes: files.sticker.length, sticker_format: 'image/webp', width: 512 }),
    stanza: { type: 'media' },
  },
  {
    path: '/send/sticker',
    what: 'a sticker that moves',
    media: ['sticker', 'movingSticker'],
    body: () => ({}),
    message: () => ({
      stickerMessage: { isAnimated: true, fileSha256: hashOf('movingSticker'), width: 64, height: 64 },
    }),
  },
  {
    path: '/send/sticker',
    what: 'a picture as a sticker',
    media: ['sticker', 'picture'],
    body: () => ({}),
    message: () => ({ stickerMessage: { mimetype: 'image/webp', width: 512, height: 512 } }),
    metadata: () => ({
      ...{ sticker_size_bytes: files.picture.length, sticker_format: 'image/png', delivered_format: 'image/webp' },
    }),
  },
  {
    path: '/send/document',
    what: 'a document',
    media: ['document', 'pdf'],
    body: () => ({ file_name: 'offer.pdf', caption: 'our offer' }),
    message: () => ({
      documentMessage: {
        ...{ mimetype: 'application/pdf', fileName: 'offer.pdf', caption: 'our offer', fileSha256: hashOf('pdf') },
        ...{ pageCount: 3, jpegThumbnail: expect.stringMatching(/^\/9j\//) as unknown },
      },
    }),
    metadata: () => ({
      ...{ document_size_bytes: files.pdf.length, mime_type: 'application/pdf', file_name: 'offer.pdf', page_count: 3 },
    }),
    stanza: { type: 'media' },
  },
  {
    path: '/send/document',
    what: 'a document with a thumbnail and a type of its own',
    media: ['document', 'csv'],
    body: () => ({ file_name: 'a.csv', mime_type: 'text/csv', thumbnail: files.picture.toString('base64') }),
    message: () => ({
      documentMessage: {
        ...{ mimetype: 'text/csv', fileName: 'a.csv' },
        jpegThumbnail: expect.stringMatching(/^\/9j\//) as unknown,
      },
    }),
    metadata: () => ({ document_size_bytes: files.csv.length, mime_type: 'text/csv' }),
  },
  {
    path: '/send/interactive',
    what: 'a list',
    body: () => ({ title: 'Menu', body: 'Choose', footer: 'Thanks', button_text: 'Open', sections: [{ rows }] }),
    message: () => ({
      listMessage: {
        title: 'Menu',
        description: 'Choose',
        footerText: 'Thanks',
        buttonText: 'Open',
        listType: 'SINGLE_SELECT',
        sections: [
          {
            rows: [
              { rowId: 'r1', title: 'One', description: 'the first' },
              { rowId: 'r2', title: 'Two' },
            ],
          },
        ],
      },
    }),
    stanza: { type: 'media', childTags: ['biz'] },
  },
  {
    path: '/send/list',
    what: 'a list under its other name',
    body: () => ({
      body: 'Choose',
      button_text: 'Open',
      sections: [
        { title: 'A', rows: rows.slice(0, 1) },
        { title: 'B', rows: rows.slice(1) },
      ],
    }),
    message: () => ({ listMessage: { sections: [{ title: 'A' }, { title: 'B' }] } }),
  },
  {
    path: '/send/buttons',
    what: 'buttons',
    body: () => ({
      message: 'Yes or no?',
      buttons: [
        { id: 'y', display_text: 'Yes' },
        { id: 'n', display_text: 'No' },
      ],
    }),
    message: () => ({
      interactiveMessage: {
        body: { text: 'Yes or no?' },
        nativeFlowMessage: {
          buttons: [
            { name: 'quick_reply', buttonParamsJson: JSON.stringify({ display_text: 'Yes', id: 'y' }) },
            { name: 'quick_reply', buttonParamsJson: JSON.stringify({ display_text: 'No', id: 'n' }) },
          ],
        },
      },
    }),
    stanza: { type: 'text', childTags: ['biz'] },
  },
  {
    path: '/send/location',
    what: 'a place',
    body: () => ({ latitude: -23.5505, longitude: -46.6333, name: 'Sé', address: 'São Paulo' }),
    message: () => ({
      locationMessage: { degreesLatitude: -23.5505, degreesLongitude: -46.6333, name: 'Sé', address: 'São Paulo' },
    }),
  },
  {
    path: '/send/contact',
    what: 'a contact',
    body: () => ({ contact: { full_name: 'Ana; Souza', phone: '+55 11 98888-7777', organization: 'Pombo' } }),
    message: () => ({
      contactMessage: {
        displayName: 'Ana; Souza',
        vcard: [
          ...['BEGIN:VCARD', 'VERSION:3.0', 'N:;Ana\\; Souza;;;', 'FN:Ana\\; Souza', 'ORG:Pombo;'],
          ...['TEL;type=CELL;type=VOICE;waid=5511988887777:+55 11 98888-7777', 'END:VCARD'],
        ].join('\n'),
      },
    }),
    stanza: { type: 'media' },
  },
  {
    path: '/send/contacts',
    what: 'several contacts',
    body: () => ({
      contacts: [
        { name: 'Ana', phoneNumber: '5511988887777' },
        { name: 'Rui', phone_number: '351912345678' },
      ],
    }),
    message: () => ({
      contactsArrayMessage: {
        displayName: 'Ana and 1 other contact',
        contacts: [
          { displayName: 'Ana', vcard: expect.stringContaining('waid=5511988887777:+5511988887777') as unknown },
          { displayName: 'Rui', vcard: expect.stringContaining('waid=351912345678:') as unknown },
        ],
      },
    }),
    stanza: { type: 'media' },
  },
  {
    path: '/send/poll',
    what: 'a poll with one answer',
    body: () => ({ question: 'When?', options: [{ option_name: 'now' }, { option_name: 'later' }] }),
    message: () => ({
      pollCreationMessageV3: {
        name: 'When?',
        options: [{ optionName: 'now' }, { optionName: 'later' }],
        selectableOptionsCount: 1,
      },
    }),
    stanza: { type: 'poll', childTags: ['meta'] },
  },
  {
    path: '/send/poll',
    what: 'a poll with several answers',
    body: () => ({
      question: 'What?',
      options: [{ option_name: 'a' }, { option_name: 'b' }],
      allow_multiple_answers: true,
    }),
    message: () => ({ pollCreationMessage: { name: 'What?' } }),
  },
  {
    path: '/send/reaction',
    what: 'a reaction',
    body: () => ({ messageId: 'ABC123', reaction: '👍' }),
    message: () => ({ reactionMessage: { key: { id: 'ABC123', fromMe: false }, text: '👍' } }),
    stanza: { type: 'reaction' },
  },
];

/**
 * The ways in which somebody is written to. One each for all messages: to meet somebody new costs half a second inside
 * jest.
 * @returns what to call them, and the chat it becomes.
 */
const RECIPIENTS: Readonly<Record<string, () => { readonly to: string; readonly chatJid: string }>> = {
  number: () => ({ to: '+55 (11) 98888-0001', chatJid: '5511988880001@s.whatsapp.net' }),
  JID: () => ({ to: '5511988880002@s.whatsapp.net', chatJid: '5511988880002@s.whatsapp.net' }),
  group: () => ({ to: groupJid(), chatJid: groupJid() }),
};

let groupId: string | undefined;
function groupJid(): string {
  const [owner] = stack.sandbox.devices();
  groupId ??= stack.sandbox.createGroup({ subject: 'team', participants: PARTICIPANTS, owner: owner?.jid ?? '' }).id;
  return groupId;
}

/** Every case in every way it can be sent to everybody. */
const SENDS = CASES.flatMap((sent) =>
  Object.keys(sent.media ? SOURCES : { '': 0 }).flatMap((source) =>
    Object.keys(RECIPIENTS).map((recipient) => ({ ...sent, source, recipient, how: `${sent.what} ${source}`.trim() })),
  ),
);
type Send = (typeof SENDS)[number];
interface Sent {
  readonly chatJid: string;
  readonly answer: ApiAnswer;
}
const sent = new Map<Send, Promise<Sent>>();

/** All at once: one after the other they would take a minute. */
function sendAll(): void {
  for (const send of SENDS) {
    const sending = sendOne(send);
    // Whoever looks at it hears of it.
    sending.catch(() => undefined);
    sent.set(send, sending);
  }
}

async function sendOne({ path, media, source, recipient, body }: Send): Promise<Sent> {
  const { to, chatJid } = RECIPIENTS[recipient]?.() ?? { to: '', chatJid: '' };
  const carried = media ? await SOURCES[source]?.(...media) : {};
  const answer = await api.post(path, { to, ...carried, ...body() }, { prefer: 'wait=60' });
  return { chatJid, answer };
}

describe.each(Object.keys(RECIPIENTS))('a %s', (recipient) => {
  const sends = SENDS.filter((send) => send.recipient === recipient);

  test.each(sends)('gets $how ($path)', async (send) => {
    const { chatJid, answer } = (await sent.get(send)) ?? { chatJid: '', answer: undefined };
    expect(answer?.body).toMatchObject({ success: true, status: 'sent', chat_jid: chatJid });
    if (send.metadata) expect(answer?.body['metadata']).toMatchObject(send.metadata());
    const id = answer?.body['message_id'];
    for (const inbox of await inboxesOf(recipient, chatJid)) {
      const received = inbox.find((message) => message.id === id);
      expect(received).toMatchObject({ displayedCount: 1, failures: [] });
      expect(received?.message).toMatchObject(expectedBy(recipient, send.message()));
      if (send.media) expect(received?.media).toMatchObject({ ok: true });
      expectStanza(received, recipient === 'group' ? undefined : send.stanza);
    }
  });
});

async function inboxesOf(recipient: string, chatJid: string) {
  if (recipient !== 'group') return [(await stack.sandbox.recipient(chatJid.split('@')[0] ?? '')).messages];
  const { members } = await stack.sandbox.group(chatJid);
  return PARTICIPANTS.map((number) => members[number] ?? []);
}

/** A list shows only in 1:1 chats: a group gets the same menu in another form. */
function expectedBy(recipient: string, message: Record<string, unknown>): Record<string, unknown> {
  return recipient === 'group' && 'listMessage' in message
    ? { interactiveMessage: { nativeFlowMessage: {} } }
    : message;
}

type Received = Awaited<ReturnType<typeof inboxesOf>>[number][number];

function expectStanza(received: Received | undefined, stanza: Case['stanza']): void {
  if (!stanza) return;
  expect(received?.attrs['type']).toBe(stanza.type);
  expect(received?.childTags).toEqual(expect.arrayContaining([...(stanza.childTags ?? [])]));
}

test('there is a case for every route', () => {
  const covered = new Set(CASES.map(({ path }) => path));
  expect(SEND_ROUTES.map(({ path }) => path).filter((path) => !covered.has(path))).toEqual([]);
});

test('typing is shown before the message and then paused', async () => {
  const number = '5511966660001';
  await api.post('/send/text', { number, text: 'slowly', delay: 1 }, { prefer: 'wait=30' });
  const { typing, messages } = await stack.sandbox.recipient(number);
  expect(typing.map(({ state }) => state)).toEqual(['composing', 'paused']);
  expect(messages).toHaveLength(1);
});

test.each([
  [
    'a voice note that is no Ogg/Opus, without ffmpeg',
    '/send/audio',
    { audio: 'song', ptt: true },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['a picture as a video', '/send/video', { video: 'picture' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['a document behind a URL as audio', '/send/audio', { audio_url: 'pdf' }, 422, 'MEDIA_INVALID'],
] as const)(
  '%s is refused',
  async (_what, path, { ptt, ...media }: { ptt?: boolean } & Record<string, unknown>, status, code) => {
    const [[field, name] = ['', '']] = Object.entries(media) as Array<[string, FileName]>;
    const value = field.endsWith('_url') ? server.url(`/${name}`) : files[name as FileName].toString('base64');
    const answer = await api.post(
      path,
      { to: '5511966660002', [field]: value, ...(ptt ? { ptt } : {}) },
      { prefer: 'wait=30' },
    );
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ success: false, error_code: code });
  },
);
