/** Every message type through the whole stack, asserted on what the recipient decrypted. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SEND_ROUTES } from '@pombo/contracts';
import type { ApiClient } from './harness/api-client.js';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { startStack, type Stack } from './harness/stack.js';

const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
let stack: Stack;
let api: ApiClient;
let pictures: PictureServer;
let picture: Buffer;

beforeAll(async () => {
  stack = await startStack();
  picture = await makePicture();
  pictures = await startPictureServer(picture);
  pictures.answer('/offer.pdf', (_request, response) => response.end(PDF));
  stack.onClose(() => pictures.stop());
  api = await stack.startIngress();
  const device = await stack.addPairedDevice();
  await stack.startWorker();
  await stack.whenConnected(device.deviceId);
});
afterAll(() => stack.close());

interface Case {
  readonly path: string;
  readonly what: string;
  readonly body: () => Record<string, unknown>;
  /** The decrypted message, besides its secret. */
  readonly message: () => Record<string, unknown>;
  readonly metadata?: () => Record<string, unknown>;
  readonly stanza?: { readonly type: string; readonly childTags?: readonly string[] };
}

const base64 = (bytes: Buffer): string => bytes.toString('base64');
const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');
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
    what: 'a picture inline',
    body: () => ({ image: `data:image/png;base64,${base64(picture)}`, caption: 'look' }),
    message: () => ({
      imageMessage: { mimetype: 'image/png', caption: 'look', fileSha256: hashOf(picture), width: 320 },
    }),
    metadata: () => ({ image_size_bytes: picture.length, image_format: 'image/png', view_once_enabled: false }),
    stanza: { type: 'media' },
  },
  {
    path: '/send/document',
    what: 'a document behind a URL',
    body: () => ({ document_url: pictures.url('/offer.pdf'), file_name: 'offer.pdf', caption: 'our offer' }),
    message: () => ({
      documentMessage: {
        mimetype: 'application/pdf',
        fileName: 'offer.pdf',
        caption: 'our offer',
        fileSha256: hashOf(PDF),
      },
    }),
    metadata: () => ({ document_size_bytes: PDF.length, mime_type: 'application/pdf', file_name: 'offer.pdf' }),
    stanza: { type: 'media' },
  },
  {
    path: '/send/document',
    what: 'a document inline, with a thumbnail and a type of its own',
    body: () => ({
      document: base64(Buffer.from('a;b\n1;2\n')),
      file_name: 'a.csv',
      mime_type: 'text/csv',
      thumbnail: base64(picture),
    }),
    message: () => ({
      documentMessage: {
        mimetype: 'text/csv',
        fileName: 'a.csv',
        jpegThumbnail: expect.stringMatching(/^\/9j\//) as unknown,
      },
    }),
    metadata: () => ({ document_size_bytes: 8, mime_type: 'text/csv' }),
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

describe('a number', () => {
  test.each(CASES)('gets $what ($path)', async ({ path, body, message, metadata, stanza }) => {
    const number = `55119888${String(Math.floor(Math.random() * 1e5)).padStart(5, '0')}`;
    const answer = await api.post(path, { number, ...body() }, { prefer: 'wait=30' });
    expect(answer.body).toMatchObject({ success: true, status: 'sent', chat_jid: `${number}@s.whatsapp.net` });
    const { messages } = await stack.sandbox.recipient(number);
    const [received] = messages;
    expect(received).toMatchObject({ id: answer.body['message_id'], displayedCount: 1, failures: [] });
    expect(received?.message).toMatchObject(message());
    if ('imageMessage' in message() || 'documentMessage' in message())
      expect(received?.media).toMatchObject({ ok: true });
    if (metadata) expect(answer.body['metadata']).toMatchObject(metadata());
    if (stanza) expect(received?.attrs['type']).toBe(stanza.type);
    for (const tag of stanza?.childTags ?? []) expect(received?.childTags).toContain(tag);
  });

  test('gets every type there is a route for', () => {
    const covered = new Set(CASES.map(({ path }) => path));
    expect(SEND_ROUTES.map(({ path }) => path).filter((path) => !covered.has(path))).toEqual([]);
  });
});

describe('a group', () => {
  test.each(CASES)('gets $what ($path)', async ({ path, body, message }) => {
    const participants = ['5511977770001', '5511977770002'];
    const [owner] = stack.sandbox.devices();
    const group = stack.sandbox.createGroup({ subject: 'team', participants, owner: owner?.jid ?? '' });
    const answer = await api.post(path, { to: group.id, ...body() }, { prefer: 'wait=30' });
    expect(answer.body).toMatchObject({ success: true, status: 'sent', chat_jid: group.id });
    const { members } = await stack.sandbox.group(group.id);
    for (const number of participants) {
      const [received] = members[number] ?? [];
      expect(received).toMatchObject({ displayedCount: 1, failures: [] });
      const expected = 'listMessage' in message() ? { interactiveMessage: { nativeFlowMessage: {} } } : message();
      expect(received?.message).toMatchObject(expected);
    }
  });
});

test('typing is shown before the message and then paused', async () => {
  const number = '5511966660001';
  await api.post('/send/text', { number, text: 'slowly', delay: 1 }, { prefer: 'wait=30' });
  const { typing, messages } = await stack.sandbox.recipient(number);
  expect(typing.map(({ state }) => state)).toEqual(['composing', 'paused']);
  expect(messages).toHaveLength(1);
});
