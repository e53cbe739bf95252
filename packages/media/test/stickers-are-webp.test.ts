import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { createImagePipeline } from '../src/index.js';
import { failureOf } from './failure.js';
import { flat, noise } from './sample-images.js';

const images = createImagePipeline();
const LIMIT = { maxBytes: 500 * 1024 };

async function moving(format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = await Promise.all(['#ff0000', '#0000ff'].map((colour) => flat(40, 20, colour).png().toBuffer()));
  const joined = sharp(frames, { join: { animated: true } });
  return (format === 'gif' ? joined.gif() : joined.webp()).toBuffer();
}

describe('a WebP', () => {
  test('passes byte for byte, whatever its size in pixels', async () => {
    const webp = await flat(300, 100).webp().toBuffer();
    const sticker = await images.prepareSticker(webp, LIMIT);
    expect(sticker.bytes.equals(webp)).toBe(true);
    expect(sticker).toMatchObject({ width: 300, height: 100, animated: false, converted: false });
  });

  test('that moves is known to move', async () => {
    const sticker = await images.prepareSticker(await moving('webp'), LIMIT);
    expect(sticker).toMatchObject({ width: 40, height: 20, animated: true, converted: false });
  });

  test('above the limit is refused', async () => {
    const webp = await noise(600, 600).webp({ lossless: true }).toBuffer();
    expect(await failureOf(images.prepareSticker(webp, LIMIT))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  test('that is cut off is refused', async () => {
    const webp = await noise(200, 200).webp().toBuffer();
    const half = webp.subarray(0, webp.length / 2);
    expect(await failureOf(images.prepareSticker(half, LIMIT))).toMatchObject({ code: 'MEDIA_INVALID' });
  });
});

describe('another picture becomes a WebP of 512 × 512', () => {
  test('whole, in the middle of a transparent square', async () => {
    const sticker = await images.prepareSticker(await flat(200, 100, '#ff0000').png().toBuffer(), LIMIT);
    expect(sticker).toMatchObject({
      mimeType: 'image/webp',
      width: 512,
      height: 512,
      converted: true,
      animated: false,
    });
    expect(sticker.source).toMatchObject({ mimeType: 'image/png', width: 200, height: 100 });
    const { data, info } = await sharp(sticker.bytes).raw().toBuffer({ resolveWithObject: true });
    const alphaAt = (x: number, y: number) => data[(y * info.width + x) * info.channels + 3];
    expect(info).toMatchObject({ width: 512, height: 512, channels: 4 });
    expect([alphaAt(256, 10), alphaAt(256, 256)]).toEqual([0, 255]);
  });

  test('that moves if the picture did', async () => {
    const sticker = await images.prepareSticker(await moving('gif'), LIMIT);
    expect(sticker).toMatchObject({ width: 512, height: 512, animated: true });
    expect(await sharp(sticker.bytes).metadata()).toMatchObject({ pages: 2 });
  });

  test('in a quality that fits into the limit', async () => {
    const png = await noise(512, 512).png().toBuffer();
    const sticker = await images.prepareSticker(png, { maxBytes: 200_000 });
    expect(sticker.bytes.length).toBeLessThanOrEqual(200_000);
    expect(await failureOf(images.prepareSticker(png, { maxBytes: 1_000 }))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
  });
});
