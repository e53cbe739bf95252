import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { createTestSender, type TestSender } from './harness/send-jobs.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

let stack: Stack;
let picture: Buffer;
let pictures: PictureServer;
let sender: TestSender;
let device: TestDevice;

beforeAll(async () => {
  stack = await startStack();
  picture = await makePicture();
  pictures = await startPictureServer(picture);
  stack.onClose(() => pictures.stop());
  sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
  device = await stack.addPairedDevice();
  await stack.startWorker();
  await stack.whenConnected(device.deviceId);
});
afterAll(() => stack.close());

test('a picture behind a URL reaches phone and companion, whole, with caption, thumbnail and mention', async () => {
  const number = '5511999990001';
  const mentioned = ['5511988887777@s.whatsapp.net'];
  const content = {
    type: 'image',
    source: { url: pictures.url('/picture.png') },
    caption: 'hello *you*',
    mentioned,
  } as const;
  const id = await sender.send({ deviceId: device.deviceId, number, content });
  const record = await stack.whenState(id, 'delivered');

  expect(record.chatJid).toBe(`${number}@s.whatsapp.net`);
  expect(record.metadata).toMatchObject({
    image_size_bytes: picture.length,
    image_format: 'image/png',
    delivered_format: 'image/png',
    width: 320,
    height: 200,
    mentions_processed: 1,
    quoted_message_found: false,
    view_once_enabled: false,
    upload_reused: false,
  });
  for (const span of ['processing_time_ms', 'download_time_ms', 'upload_time_ms'] as const) {
    expect(record.metadata[span]).toBeGreaterThanOrEqual(0);
  }

  const { messages } = await stack.sandbox.recipient(number, { withMediaBytes: true });
  expect(messages).toHaveLength(1);
  const [received] = messages;
  expect(received).toMatchObject({ id, displayedCount: 1, failures: [], media: { ok: true } });
  expect(received?.decrypted).toEqual({ '0': 1, '1': 1 });
  const image = received?.message?.['imageMessage'] as Record<string, unknown> & { contextInfo: unknown };
  expect(image).toMatchObject({ caption: 'hello *you*', mimetype: 'image/png', width: 320, height: 200 });
  expect(image.contextInfo).toMatchObject({ mentionedJid: mentioned });
  expect(Buffer.from(received?.media?.bytesBase64 ?? '', 'base64').equals(picture)).toBe(true);
  expect(image['fileSha256']).toBe(createHash('sha256').update(picture).digest('base64'));
  const thumbnail = await sharp(Buffer.from(String(image['jpegThumbnail']), 'base64')).metadata();
  expect(thumbnail).toMatchObject({ format: 'jpeg' });
  expect(thumbnail.width).toBeGreaterThanOrEqual(32);
  expect(thumbnail.width).toBeLessThanOrEqual(72);
});
