/** The values of `metadata` against what the recipient got: what was not done is not claimed. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ApiClient } from './harness/api-client.js';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

const SLOW_MS = 120;

let stack: Stack;
let api: ApiClient;
let pictures: PictureServer;
let one: TestDevice;
let other: TestDevice;

beforeAll(async () => {
  stack = await startStack();
  const picture = await makePicture();
  pictures = await startPictureServer(picture);
  stack.onClose(() => pictures.stop());
  pictures.answer('/slow.png', (_request, response) => setTimeout(() => response.writeHead(200).end(picture), SLOW_MS));
  api = await stack.startIngress();
  [one, other] = [await stack.addPairedDevice(), await stack.addPairedDevice()];
  await stack.startWorker();
  await Promise.all([one, other].map(({ deviceId }) => stack.whenConnected(deviceId)));
});
afterAll(() => stack.close());

type Json = Record<string, unknown>;

/** @returns id and metadata of the answer, and what the recipient decrypted. */
async function send(type: string, body: Json & { number: string }) {
  const answer = await api.post(`/send/${type}`, body, { prefer: 'wait=30' });
  expect(answer.body).toMatchObject({ status: 'sent' });
  const id = String(answer.body['message_id']);
  const { messages } = await stack.sandbox.recipient(body.number);
  const got = messages.find((message) => message.id === id)?.message as Json;
  return { id, metadata: answer.body['metadata'] as Json, got };
}

const textOf = (got: Json): Json => got['extendedTextMessage'] as Json;

test('a download is timed from the first byte asked to the last one got', async () => {
  const { metadata } = await send('image', { number: '5511999990201', image_url: pictures.url('/slow.png') });
  expect(metadata['download_time_ms']).toBeGreaterThanOrEqual(SLOW_MS - 1);
  expect(metadata['processing_time_ms']).toBeGreaterThanOrEqual(Number(metadata['download_time_ms']));
});

test('a mention is counted when the message carries it', async () => {
  const mentioned = ['5511988887771', '5511988887772'];
  const { metadata, got } = await send('text', { number: '5511999990202', text: '@5511988887771', mentioned });
  expect(metadata).toMatchObject({ mentions_processed: 2 });
  expect(textOf(got)['contextInfo']).toMatchObject({ mentionedJid: mentioned.map((n) => `${n}@s.whatsapp.net`) });
});

test('a reaction carries neither mention nor quote, and does not claim to', async () => {
  const number = '5511999990203';
  const first = await send('text', { number, text: 'first' });
  const { metadata } = await send('reaction', {
    ...{ number, messageId: first.id, reaction: '👍', fromMe: true },
    ...{ mentioned: ['5511988887771'], quoted: first.id },
  });
  expect(metadata).toMatchObject({ mentions_processed: 0, quoted_message_found: false });
});

test('a quote that nobody knows is not found, and the message goes out without it', async () => {
  const quoted = '3EB0000AAAAAAAAAAAAAAA';
  const { metadata, got } = await send('text', { number: '5511999990204', text: 'about what?', quoted });
  expect(metadata).toMatchObject({ quoted_message_found: false });
  expect(textOf(got)).not.toHaveProperty('contextInfo.stanzaId');
});

test('a quote names the device that wrote it, whichever quotes it', async () => {
  const number = '5511999990205';
  const first = await send('text', { number, text: 'from one', device_id: one.deviceId });
  const second = await send('text', { number, text: 'from the other', device_id: other.deviceId, quoted: first.id });
  expect(second.metadata).toMatchObject({ quoted_message_found: true });
  expect(textOf(second.got)['contextInfo']).toMatchObject({
    stanzaId: first.id,
    participant: `${one.phone}@s.whatsapp.net`,
  });
  expect(textOf(second.got)).not.toHaveProperty('contextInfo.remoteJid');
});

test('a quote of another chat says which', async () => {
  const first = await send('text', { number: '5511999990206', text: 'over there' });
  const second = await send('text', { number: '5511999990207', text: 'over here', quoted: first.id });
  expect(textOf(second.got)['contextInfo']).toMatchObject({
    stanzaId: first.id,
    remoteJid: '5511999990206@s.whatsapp.net',
  });
});

test('a document that nobody named is called as the recipient sees it', async () => {
  const document = Buffer.from('some words').toString('base64');
  const { id, metadata, got } = await send('document', { number: '5511999990208', document });
  const { fileName, mimetype } = got['documentMessage'] as Json;
  expect(metadata).toMatchObject({ file_name: fileName, mime_type: mimetype, document_size_bytes: 10 });
  expect(metadata).not.toHaveProperty('download_time_ms');
  const { body } = await api.get(`/messages/${id}`);
  expect(body['metadata']).toEqual(metadata);
});

test('a large picture is told as its recipient sees it, and as it came', async () => {
  const image = (await makePicture(40, 2_000, 1_000)).toString('base64');
  const usual = await send('image', { number: '5511999990209', image });
  expect(usual.metadata).toMatchObject({
    width: 1_600,
    height: 800,
    delivered_format: 'image/jpeg',
    image_format: 'image/png',
  });
  expect(usual.got['imageMessage']).toMatchObject({ width: 1_600, height: 800, mimetype: 'image/jpeg' });
  const hd = await send('image', { number: '5511999990210', image, hd: true });
  expect(hd.metadata).toMatchObject({
    width: 2_000,
    height: 1_000,
    delivered_format: 'image/png',
    upload_reused: false,
  });
});
