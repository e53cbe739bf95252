import { describe, expect, test } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import { createImagePipeline } from '../src/index.js';
import { coarseNoise, flat, noise } from './sample-images.js';

const images = createImagePipeline();

const CORPUS: [string, () => Promise<Sharp> | Sharp, (image: Sharp) => Sharp][] = [
  ['noise that survives shrinking, wide', () => coarseNoise(720, 480, 10), (image) => image.png()],
  ['noise that survives shrinking, tall', () => coarseNoise(720, 1280, 10), (image) => image.png()],
  ['noise that survives shrinking, JPEG', () => coarseNoise(720, 1280, 10), (image) => image.jpeg({ quality: 100 })],
  ['noise of its own size', () => noise(72, 128), (image) => image.png()],
  ['noise in WebP', () => noise(72, 128), (image) => image.webp({ lossless: true })],
  ['fine noise', () => noise(2_000, 1_500), (image) => image.jpeg()],
  ['huge', () => flat(10_000, 6_400), (image) => image.png()],
  ['huge and progressive', () => flat(8_000, 6_000), (image) => image.jpeg({ progressive: true })],
  ['one pixel', () => flat(1, 1), (image) => image.png()],
  ['one pixel, JPEG', () => flat(1, 1), (image) => image.jpeg()],
  ['two by three', () => noise(2, 3), (image) => image.gif()],
  ['a hair, upright', () => noise(1, 100_000), (image) => image.png()],
  ['a hair, lying', () => noise(100_000, 1), (image) => image.png()],
  ['the tallest JPEG', () => noise(1, 65_500), (image) => image.jpeg()],
  ['a long screenshot', () => coarseNoise(1_080, 12_000, 20), (image) => image.png()],
  ['CMYK', () => noise(300, 200), (image) => image.toColourspace('cmyk').jpeg()],
  ['16 bits', () => noise(300, 200), (image) => image.toColourspace('rgb16').png()],
  ['grey', () => noise(300, 200, 1), (image) => image.toColourspace('b-w').png()],
  ['grey, JPEG', () => noise(300, 200, 1), (image) => image.toColourspace('b-w').jpeg()],
  ['a palette', () => noise(300, 200), (image) => image.png({ palette: true })],
  ['alpha', () => noise(300, 200, 4), (image) => image.png()],
  [
    'lying on its side by EXIF',
    () => coarseNoise(400, 200, 10),
    (image) => image.jpeg().withMetadata({ orientation: 8 }),
  ],
];

describe('a thumbnail is a JPEG 32 to 72 pixels wide, under 5 KB and without metadata', () => {
  test.each(CORPUS)('%s', async (_what, make, encode) => {
    const bytes = await encode(await make()).toBuffer();
    const { thumbnail } = await images.prepareImage(bytes, { maxBytes: 100_000_000 });
    expect(thumbnail.length).toBeLessThan(5_000);
    const { format, width, height, space, orientation, exif, icc, xmp } = await sharp(thumbnail).metadata();
    expect(format).toBe('jpeg');
    expect(width).toBeGreaterThanOrEqual(32);
    expect(width).toBeLessThanOrEqual(72);
    expect(height).toBeLessThanOrEqual(128);
    expect(['srgb', 'b-w']).toContain(space);
    expect([orientation, exif, icc, xmp]).toEqual([undefined, undefined, undefined, undefined]);
    await sharp(thumbnail, { failOn: 'warning' }).raw().toBuffer();
  });
});

describe('a thumbnail keeps the shape', () => {
  test.each([
    [1_600, 1_200, 72, 54],
    [1_200, 1_600, 72, 96],
    [1_080, 1_920, 72, 128],
    [900, 3_000, 38, 128],
    [900, 9_000, 32, 128],
    [3_000, 100, 72, 2],
    [50, 50, 50, 50],
    [1, 1, 32, 32],
  ])('%i × %i → %i × %i', async (width, height, thumbnailWidth, thumbnailHeight) => {
    const thumbnail = await images.createThumbnail(await flat(width, height).png().toBuffer());
    expect(await sharp(thumbnail).metadata()).toMatchObject({ width: thumbnailWidth, height: thumbnailHeight });
  });

  test('as it is displayed, when EXIF turns the image', async () => {
    const left = await flat(100, 100, '#ff0000').png().toBuffer();
    const bytes = await flat(200, 100, '#0000ff')
      .composite([{ input: left, left: 0, top: 0 }])
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const thumbnail = await images.createThumbnail(bytes);
    expect(await sharp(thumbnail).metadata()).toMatchObject({ width: 64, height: 128 });
    const { dominant } = await sharp(
      await sharp(thumbnail).extract({ left: 0, top: 0, width: 64, height: 40 }).toBuffer(),
    ).stats();
    expect(dominant.r).toBeGreaterThan(200);
  });

  test('on white where it was transparent, and beside a strip', async () => {
    const clear = { r: 0, g: 0, b: 0, alpha: 0 };
    const empty = await sharp({ create: { width: 40, height: 40, channels: 4, background: clear } })
      .png()
      .toBuffer();
    const strip = await flat(10, 1_000, '#000000').png().toBuffer();
    for (const bytes of [empty, strip]) {
      const corner = await sharp(await images.createThumbnail(bytes))
        .extract({ left: 0, top: 0, width: 4, height: 4 })
        .raw()
        .toBuffer();
      expect(Math.min(...corner)).toBeGreaterThan(245);
    }
  });
});
