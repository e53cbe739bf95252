/** The slice a customer sees: POST, id at once, poll, delivered; or wait for the outcome in the same request. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import type { ApiClient } from './harness/api-client.js';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

let stack: Stack;
let api: ApiClient;
let picture: Buffer;
let pictures: PictureServer;
let device: TestDevice;

beforeAll(async () => {
  stack = await startStack({
    env: { MEDIA_DOWNLOAD_TIMEOUT_MS: '1000', MEDIA_ATTEMPTS: '2', UPLOAD_PATIENCE_MS: '1' },
  });
  picture = await makePicture();
  pictures = await startPictureServer(picture);
  stack.onClose(() => pictures.stop());
  api = await stack.startIngress();
  device = await stack.addPairedDevice();
  await stack.startWorker();
  await stack.whenConnected(device.deviceId);
});
afterAll(() => stack.close());

const METADATA_KEYS = [
  ...['device_id', 'user_id', 'processing_time_ms', 'image_size_bytes', 'image_format', 'download_time_ms'],
  ...['upload_time_ms', 'mentions_processed', 'quoted_message_found', 'view_once_enabled', 'sent_at'],
  ...['delivered_format', 'width', 'height', 'upload_reused'],
];

async function whenStatus(id: unknown, status: string): Promise<Record<string, unknown>> {
  return eventually(`the message is ${status}`, async () => {
    const { body } = await api.get(`/messages/${String(id)}`);
    return body['status'] === status ? body : undefined;
  });
}

test('a POST is answered with an id at once; polling it shows delivered, with everything measured', async () => {
  const number = '+55 (11) 99999-0100';
  const accepted = await api.post('/send/image', {
    number,
    image_url: pictures.url('/picture.png'),
    caption: 'hi',
    mentioned: ['5511988887777'],
  });
  expect(accepted.status).toBe(202);
  expect(accepted.body).toMatchObject({
    success: true,
    status: 'queued',
    job_id: accepted.body['message_id'],
    device_id: device.deviceId,
    chat_jid: '5511999990100@s.whatsapp.net',
  });
  expect(accepted.headers.get('location')).toBe(`/messages/${String(accepted.body['message_id'])}`);

  const message = await whenStatus(accepted.body['message_id'], 'delivered');
  expect(message).toMatchObject({ chat_jid: '5511999990100@s.whatsapp.net', attempts: 1 });
  const metadata = message['metadata'] as Record<string, unknown>;
  for (const key of METADATA_KEYS) expect(metadata).toHaveProperty(key);
  expect(metadata).toMatchObject({
    image_size_bytes: picture.length,
    image_format: 'image/png',
    mentions_processed: 1,
  });

  const { messages } = await stack.sandbox.recipient('5511999990100');
  expect(messages).toMatchObject([{ id: accepted.body['message_id'], displayedCount: 1, media: { ok: true } }]);
});

test('Prefer: wait answers 200 with the full body once WhatsApp has acknowledged', async () => {
  const image = `data:image/png;base64,${picture.toString('base64')}`;
  const { status, body } = await api.post(
    '/send/image',
    { to: '5511999990101', image, viewOnce: true },
    { prefer: 'wait=20' },
  );
  expect(status).toBe(200);
  expect(body).toMatchObject({ success: true, status: 'sent', chat_jid: '5511999990101@s.whatsapp.net' });
  const metadata = body['metadata'] as Record<string, unknown>;
  const measured = METADATA_KEYS.filter((key) => key !== 'download_time_ms');
  expect(Object.keys(metadata).sort()).toEqual(measured.sort());
  expect(metadata).toMatchObject({ view_once_enabled: true, image_size_bytes: picture.length });

  const { messages } = await stack.sandbox.recipient('5511999990101');
  expect(messages[0]?.message).toHaveProperty('viewOnceMessage.message.imageMessage');
});

test('a message can quote an earlier one by its id, or one the client describes', async () => {
  const number = '5511999990102';
  const image_url = pictures.url('/picture.png');
  const first = await api.post('/send/image', { number, image_url, caption: 'first' }, { prefer: 'wait=20' });
  const byId = await api.post(
    '/send/image',
    { number, image_url, quoted: first.body['message_id'] },
    { prefer: 'wait=20' },
  );
  const described = { key: { id: 'ABCDEF', fromMe: false }, message: { conversation: 'what you said' } };
  const byContent = await api.post('/send/image', { number, image_url, quoted: described }, { prefer: 'wait=20' });
  for (const answer of [byId, byContent]) {
    expect(answer.body['metadata']).toMatchObject({ quoted_message_found: true });
  }
  const { messages } = await stack.sandbox.recipient(number);
  const contexts = messages.map(
    ({ message }) => (message?.['imageMessage'] as { contextInfo?: unknown } | undefined)?.contextInfo,
  );
  expect(contexts[1]).toMatchObject({
    stanzaId: first.body['message_id'],
    quotedMessage: { imageMessage: { caption: 'first' } },
  });
  expect(contexts[2]).toMatchObject({ stanzaId: 'ABCDEF', quotedMessage: { conversation: 'what you said' } });
});

describe('what cannot be sent ends failed, with a code that says why', () => {
  beforeAll(() => {
    pictures.answer('/never', () => undefined);
    pictures.answer('/page.png', (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'image/png' })
        .end('<!doctype html><html><body>Not found</body></html>'),
    );
    pictures.answer('/half.png', (_request, response) =>
      response.writeHead(200).end(picture.subarray(0, picture.length / 2)),
    );
    pictures.answer('/inward', (_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
    );
  });

  test.each([
    ['a URL that answers 404', '/missing.png', 'MEDIA_DOWNLOAD_FAILED'],
    ['a URL that never answers', '/never', 'MEDIA_DOWNLOAD_FAILED'],
    ['a URL that answers HTML', '/page.png', 'MEDIA_INVALID'],
    ['an image truncated half-way', '/half.png', 'MEDIA_INVALID'],
    ['a redirect inward', '/inward', 'MEDIA_BLOCKED'],
  ])('%s', async (_what, path, code) => {
    const { body } = await api.post('/send/image', { number: '5511999990103', image_url: pictures.url(path) });
    const message = await whenStatus(body['message_id'], 'failed');
    expect(message).toMatchObject({ error_code: code });
    expect(message['error']).toEqual(expect.any(String));
    expect(message).toHaveProperty('failed_at');
  });

  test('a URL that points inward', async () => {
    const { body } = await api.post('/send/image', {
      number: '5511999990103',
      image_url: 'http://10.0.0.1/secret.png',
    });
    expect(await whenStatus(body['message_id'], 'failed')).toMatchObject({ error_code: 'MEDIA_BLOCKED' });
  });

  test('a number that is not on WhatsApp', async () => {
    stack.sandbox.setFaults({ notOnWhatsApp: ['5511999990104'] });
    const image_url = pictures.url('/picture.png');
    const { status, body } = await api.post(
      '/send/image',
      { number: '5511999990104', image_url },
      { prefer: 'wait=20' },
    );
    expect(status).toBe(422);
    expect(body).toMatchObject({ success: false, error_code: 'RECIPIENT_NOT_ON_WHATSAPP' });
    stack.sandbox.clearFaults();
  });

  test.each([
    ['463', 'ACCOUNT_RESTRICTED'],
    ['479', 'REJECTED_BY_WHATSAPP'],
  ])('a message WhatsApp refuses with %s', async (code, expected) => {
    stack.sandbox.setFaults({ nack: { number: '5511999990105', code } });
    const image_url = pictures.url('/picture.png');
    const { body } = await api.post('/send/image', { number: '5511999990105', image_url }, { prefer: 'wait=20' });
    expect(body).toMatchObject({ success: false, error_code: expected });
    stack.sandbox.clearFaults();
  });

  test('uploads that the media host keeps refusing', async () => {
    stack.sandbox.setFaults({ refuseUploads: { status: 500 } });
    const other = await makePicture(77);
    pictures.answer('/never-uploaded.png', (_request, response) => response.writeHead(200).end(other));
    const image_url = pictures.url('/never-uploaded.png');
    const { body } = await api.post('/send/image', { number: '5511999990106', image_url }, { prefer: 'wait=20' });
    expect(body).toMatchObject({ success: false, error_code: 'UPLOAD_FAILED' });
    stack.sandbox.clearFaults();
  });

  test('and none of them holds up the messages after it', async () => {
    const image_url = pictures.url('/picture.png');
    const { status } = await api.post('/send/image', { number: '5511999990103', image_url }, { prefer: 'wait=20' });
    expect(status).toBe(200);
    expect((await stack.sandbox.recipient('5511999990103')).messages).toHaveLength(1);
  });
});
