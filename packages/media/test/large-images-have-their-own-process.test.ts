import sharp, { type Metadata } from 'sharp';
import { expect, test } from '@jest/globals';
import { createImagePipeline } from '../src/index.js';
import { decodingCost } from '../src/image-cost.js';
import { failureOf } from './failure.js';

const images = createImagePipeline();
const OPTIONS = { maxBytes: 16_000_000, maxEdge: 1_600 };
const HEAVY = 64_000_000;

/** Its decoder holds two bytes for each sample of three channels until it has read the last one. */
const progressive = await sharp({
  create: { width: 3_600, height: 2_720, channels: 3, background: { r: 200, g: 30, b: 60 } },
})
  .jpeg({ progressive: true, chromaSubsampling: '4:4:4' })
  .toBuffer();

test('what takes much memory is prepared like anything else', async () => {
  expect(decodingCost(await sharp(progressive).metadata(), 'jpeg')).toBeGreaterThan(HEAVY);
  const prepared = await images.prepareImage(progressive, { ...OPTIONS, onLikely: () => undefined });
  expect(prepared).toMatchObject({
    ...{ mimeType: 'image/jpeg', width: 1_600, height: 1_209, converted: true },
    source: { mimeType: 'image/jpeg', sizeBytes: progressive.length, width: 3_600, height: 2_720 },
  });
  const { format, space, width } = await sharp(prepared.bytes).metadata();
  expect({ format, space, width }).toEqual({ format: 'jpeg', space: 'srgb', width: 1_600 });
  expect((await sharp(prepared.thumbnail).metadata()).width).toBe(72);
});

test('and ends with the same errors', async () => {
  const cutOff = progressive.subarray(0, progressive.length / 2);
  expect(await failureOf(images.prepareImage(cutOff, OPTIONS))).toMatchObject({
    code: 'MEDIA_INVALID',
    retryable: false,
  });
});

test.each([
  ['a JPEG as cameras make it', 'light', 'jpeg', { width: 8_000, height: 8_000, channels: 3 }],
  ['the same, progressive', 'heavy', 'jpeg', { width: 8_000, height: 8_000, channels: 3, isProgressive: true }],
  ['one lying on its side', 'heavy', 'jpeg', { width: 6_000, height: 4_000, channels: 3, orientation: 6 }],
  ['a PNG', 'light', 'png', { width: 6_000, height: 6_000, channels: 4 }],
  ['an interlaced PNG', 'heavy', 'png', { width: 6_000, height: 6_000, channels: 4, isProgressive: true }],
  ['an AVIF of a telephone', 'heavy', 'avif', { width: 4_000, height: 3_000, channels: 3 }],
  ['an AVIF of a web page', 'light', 'avif', { width: 1_600, height: 1_200, channels: 3 }],
] as const)('%s is %s', (_what, weight, format, header) => {
  const cost = decodingCost({ depth: 'uchar', ...header } as unknown as Metadata, format);
  expect(cost > HEAVY ? 'heavy' : 'light').toBe(weight);
});

test('what is seen through a little stays so when it is made smaller, grey or in colour', async () => {
  const alpha = sharp({
    create: { width: 2_000, height: 1_000, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.9 } },
  });
  const opaque = sharp({
    create: { width: 2_000, height: 1_000, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 1 } },
  });
  const mimeTypes = await Promise.all(
    [alpha.clone().png(), alpha.clone().toColourspace('b-w').png(), opaque.clone().png()].map(
      async (picture) => (await images.prepareImage(await picture.toBuffer(), OPTIONS)).mimeType,
    ),
  );
  expect(mimeTypes).toEqual(['image/png', 'image/png', 'image/jpeg']);
});
