import { expect, test } from '@jest/globals';
import { encode } from 'bmp-ts';
import sharp from 'sharp';
import { createImagePipeline } from '../src/index.js';
import { failureOf } from './failure.js';

const images = createImagePipeline();
const LIMIT = { maxBytes: 16_000_000 };

/** In ABGR, as the library wants it. */
function makeBmp(width: number, height: number, bitPP: 24 | 32 = 24): Buffer {
  const data = Buffer.alloc(width * height * 4);
  for (let at = 0; at < data.length; at += 4) data.set([255, 0x20, 0x40, 0xe0], at);
  return Buffer.from(encode({ data, width, height, bitPP }).data);
}

test.each([24, 32] as const)('of %i bits', async (bits) => {
  const bytes = makeBmp(61, 40, bits);
  const prepared = await images.prepareImage(bytes, LIMIT);
  expect(prepared).toMatchObject({
    ...{ mimeType: 'image/jpeg', width: 61, height: 40, converted: true },
    source: { mimeType: 'image/bmp', sizeBytes: bytes.length, width: 61, height: 40 },
  });
  const { dominant } = await sharp(prepared.bytes).stats();
  expect(dominant.r).toBeGreaterThan(200);
  expect(dominant.b).toBeLessThan(60);
});

test('as a sticker it becomes a WebP', async () => {
  expect(await images.prepareSticker(makeBmp(20, 20), LIMIT)).toMatchObject({ mimeType: 'image/webp', width: 512 });
});

test('cut off, or without end, it is refused', async () => {
  const bytes = makeBmp(200, 200);
  expect(await failureOf(images.prepareImage(bytes.subarray(0, 20), LIMIT))).toMatchObject({ code: 'MEDIA_INVALID' });
  expect(await failureOf(images.prepareImage(bytes.subarray(0, 60), LIMIT))).toMatchObject({ code: 'MEDIA_INVALID' });
  const bomb = Buffer.from(bytes);
  bomb.writeInt32LE(2 ** 31 - 1, 18);
  expect((await failureOf(images.prepareImage(bomb, LIMIT))).message).toMatch(/the limit for BMP is 16 million/);
});
