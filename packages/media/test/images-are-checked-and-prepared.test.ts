import { beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { createImagePipeline, isSendableImage } from '../src/index.js';
import { failureOf } from './failure.js';
import { flat, noise, pngDeclaring } from './sample-images.js';

const images = createImagePipeline();
const LIMIT = { maxBytes: 16_000_000 };

const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const;

describe('an inspected image', () => {
  test.each(FORMATS)('tells format, type and size: %s', async (format) => {
    const bytes = await noise(60, 40)[format]().toBuffer();
    expect(await images.inspectImage(bytes)).toMatchObject({
      format,
      mimeType: `image/${format}`,
      width: 60,
      height: 40,
      pages: 1,
    });
  });

  test('tells the size as it is displayed', async () => {
    const bytes = await noise(60, 40).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    expect(await images.inspectImage(bytes)).toMatchObject({ width: 40, height: 60 });
  });

  test('tells whether it has alpha', async () => {
    expect(await images.inspectImage(await noise(4, 4, 4).png().toBuffer())).toMatchObject({ hasAlpha: true });
    expect(await images.inspectImage(await noise(4, 4, 3).png().toBuffer())).toMatchObject({ hasAlpha: false });
  });

  test('tells the number of frames', async () => {
    const frames = await Promise.all([1, 2, 3].map(() => noise(10, 10).png().toBuffer()));
    const animation = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect(await images.inspectImage(animation)).toMatchObject({ format: 'gif', pages: 3, width: 10, height: 10 });
  });
});

describe('a cut image is found', () => {
  const cuts = FORMATS.flatMap((format) => [0.1, 0.5, 0.95].map((part) => [format, part] as const));

  test.each(cuts)('%s after %f', async (format, part) => {
    const bytes = await noise(200, 150)[format]().toBuffer();
    const cut = bytes.subarray(0, Math.floor(bytes.length * part));
    expect(await failureOf(images.inspectImage(cut))).toMatchObject({ code: 'MEDIA_INVALID', retryable: false });
    expect((await failureOf(images.prepareImage(cut, LIMIT))).code).toBe('MEDIA_INVALID');
  });

  test('a progressive JPEG too', async () => {
    const bytes = await noise(200, 150).jpeg({ progressive: true }).toBuffer();
    const failure = await failureOf(images.prepareImage(bytes.subarray(0, bytes.length / 2), LIMIT));
    expect(failure).toMatchObject({
      code: 'MEDIA_INVALID',
      message: 'The image is damaged or cut off and can not be read.',
    });
    expect(failure.cause).toBeDefined();
  });

  test('an interlaced PNG too', async () => {
    const bytes = await noise(200, 150).png({ progressive: true }).toBuffer();
    expect((await failureOf(images.prepareImage(bytes.subarray(0, bytes.length / 2), LIMIT))).code).toBe(
      'MEDIA_INVALID',
    );
  });

  test('but bytes after the end are fine', async () => {
    const bytes = Buffer.concat([await noise(20, 20).jpeg().toBuffer(), Buffer.alloc(1_000, 1)]);
    expect((await images.prepareImage(bytes, LIMIT)).bytes).toBe(bytes);
  });
});

describe('what is no image is named', () => {
  test.each([
    ['<!doctype html><html>', /HTML page \(text\/html\)/],
    ['<svg xmlns="http://www.w3.org/2000/svg"><rect', /damaged or cut off/],
    ['Not found', /text\/plain/],
    ['{"a":1}', /application\/json/],
    ['%PDF-1.7\n', /application\/pdf/],
    ['BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0', /damaged or cut off/],
    ['\0\x01\x02', /not an image of a known format/],
    ['', /empty/],
  ])('%j', async (content, message) => {
    const failure = await failureOf(images.prepareImage(Buffer.from(content, 'latin1'), LIMIT));
    expect(failure).toMatchObject({ code: 'MEDIA_INVALID', retryable: false });
    expect(failure.message).toMatch(message);
  });
});

describe('an image with too many pixels is refused without decoding', () => {
  test('50,000 × 50,000 in a few bytes', async () => {
    const bomb = pngDeclaring(50_000, 50_000);
    expect(bomb.length).toBeLessThan(200);
    const failure = await failureOf(images.prepareImage(bomb, LIMIT));
    expect(failure.code).toBe('MEDIA_INVALID');
    expect(failure.message).toBe('The image has 50000 × 50000 pixels; the limit is 64 million.');
    expect((await failureOf(images.inspectImage(bomb))).code).toBe('MEDIA_INVALID');
    expect((await failureOf(images.createThumbnail(bomb))).code).toBe('MEDIA_INVALID');
  });

  test('and the largest a PNG can declare', async () => {
    expect((await failureOf(images.inspectImage(pngDeclaring(2 ** 31 - 1, 2 ** 31 - 1)))).code).toBe('MEDIA_INVALID');
  });

  test('at the limit that was set', async () => {
    const strict = createImagePipeline({ maxPixels: 10_000 });
    expect(await strict.inspectImage(await flat(100, 100).png().toBuffer())).toMatchObject({ width: 100 });
    expect((await failureOf(strict.inspectImage(await flat(100, 101).png().toBuffer()))).code).toBe('MEDIA_INVALID');
  });
});

describe('JPEG and PNG that fit pass byte for byte', () => {
  test.each(['jpeg', 'png'] as const)('%s', async (format) => {
    const bytes = await noise(60, 40)[format]().toBuffer();
    const prepared = await images.prepareImage(bytes, LIMIT);
    expect(prepared.bytes).toBe(bytes);
    expect(prepared).toMatchObject({
      mimeType: `image/${format}`,
      width: 60,
      height: 40,
      sizeBytes: bytes.length,
      converted: false,
      source: { mimeType: `image/${format}`, sizeBytes: bytes.length, width: 60, height: 40 },
    });
  });
});

describe('a picture every phone shows is made of others', () => {
  test.each(['webp', 'gif', 'tiff', 'avif'] as const)('%s', async (format) => {
    const bytes = await noise(60, 40)[format]().toBuffer();
    const prepared = await images.prepareImage(bytes, LIMIT);
    expect(prepared).toMatchObject({
      mimeType: 'image/jpeg',
      width: 60,
      height: 40,
      sizeBytes: prepared.bytes.length,
      converted: true,
      source: { mimeType: `image/${format}`, sizeBytes: bytes.length, width: 60, height: 40 },
    });
    expect(await sharp(prepared.bytes).metadata()).toMatchObject({ format: 'jpeg', width: 60, height: 40 });
  });

  const clear = { r: 0, g: 0, b: 0, alpha: 0 };
  const seeThrough = () =>
    sharp({ create: { width: 20, height: 20, channels: 4, background: clear } })
      .webp()
      .toBuffer();

  test('a PNG where it can be seen through', async () => {
    const prepared = await images.prepareImage(await seeThrough(), LIMIT);
    expect(prepared).toMatchObject({ mimeType: 'image/png', converted: true });
    expect((await sharp(prepared.bytes).stats()).isOpaque).toBe(false);
  });

  test('on white where a PNG would be too large', async () => {
    const bytes = await noise(300, 300, 4).webp({ quality: 1, alphaQuality: 0 }).toBuffer();
    const prepared = await images.prepareImage(bytes, { maxBytes: 60_000 });
    expect(prepared.mimeType).toBe('image/jpeg');
  });

  test('a JPEG where its alpha hides nothing', async () => {
    const opaque = await flat(20, 20).ensureAlpha().webp().toBuffer();
    expect(await images.prepareImage(opaque, LIMIT)).toMatchObject({ mimeType: 'image/jpeg' });
  });

  test('of a drawing', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><rect width="90" height="30" fill="red"/></svg>';
    expect(await images.prepareImage(Buffer.from(svg), LIMIT)).toMatchObject({
      ...{ width: 90, height: 30, mimeType: 'image/jpeg', source: { mimeType: 'image/svg+xml' } },
    });
  });

  test('in sRGB of what printers use', async () => {
    const bytes = await flat(20, 20).toColourspace('cmyk').jpeg().toBuffer();
    const { bytes: prepared, converted } = await images.prepareImage(bytes, LIMIT);
    expect(converted).toBe(true);
    expect(await sharp(prepared).metadata()).toMatchObject({ space: 'srgb', channels: 3 });
  });

  test('in eight bits of what has sixteen', async () => {
    const bytes = await flat(20, 20).toColourspace('rgb16').png().toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ depth: 'ushort' });
    const { bytes: prepared } = await images.prepareImage(bytes, LIMIT);
    expect(await sharp(prepared).metadata()).toMatchObject({ depth: 'uchar' });
  });

  test.each(['jpeg', 'png'] as const)('no larger than asked: %s', async (format) => {
    const bytes = await flat(2_000, 1_000)[format]().toBuffer();
    const prepared = await images.prepareImage(bytes, { ...LIMIT, maxEdge: 1_600 });
    expect(prepared).toMatchObject({ width: 1_600, height: 800, converted: true, source: { width: 2_000 } });
    expect(await images.prepareImage(bytes, { ...LIMIT, maxEdge: 2_000 })).toMatchObject({ converted: false });
  });

  test('upright, of a photo that was taken on its side', async () => {
    const bytes = await noise(60, 40).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const prepared = await images.prepareImage(bytes, LIMIT);
    expect(prepared).toMatchObject({ width: 40, height: 60, converted: true });
    expect(await sharp(prepared.bytes).metadata()).toMatchObject({ width: 40, height: 60 });
  });

  test('upright', async () => {
    const bytes = await noise(60, 40).webp().withMetadata({ orientation: 6 }).toBuffer();
    const prepared = await images.prepareImage(bytes, LIMIT);
    expect(prepared).toMatchObject({ width: 40, height: 60, source: { width: 40, height: 60 } });
    expect((await sharp(prepared.bytes).metadata()).orientation).toBeUndefined();
  });

  test('smaller where a JPEG can not be so long', async () => {
    const bytes = await flat(2, 70_000).tiff({ compression: 'lzw' }).toBuffer();
    expect(await images.prepareImage(bytes, LIMIT)).toMatchObject({
      height: 65_500,
      source: { height: 70_000 },
    });
  });

  test('of lower quality where the limit is tight', async () => {
    const bytes = await noise(300, 300).webp({ quality: 1 }).toBuffer();
    const roomy = await images.prepareImage(bytes, LIMIT);
    const tight = await images.prepareImage(bytes, { maxBytes: roomy.sizeBytes - 1 });
    expect(tight.sizeBytes).toBeLessThan(roomy.sizeBytes);
  });

  test('or fail where no quality is low enough', async () => {
    const bytes = await noise(300, 300).webp({ quality: 1 }).toBuffer();
    const failure = await failureOf(images.prepareImage(bytes, { maxBytes: bytes.length }));
    expect(failure.code).toBe('PAYLOAD_TOO_LARGE');
  });
});

describe('what will likely be delivered is told ahead', () => {
  const prepare = async (bytes: Buffer) => {
    const likely: Buffer[] = [];
    const options = { ...LIMIT, onLikely: (found: Buffer) => void likely.push(found) };
    const delivered = await images.prepareImage(bytes, options).then(
      (image) => image.bytes,
      () => undefined,
    );
    return { likely, delivered };
  };

  test.each(['jpeg', 'png', 'webp'] as const)('and is then delivered: %s', async (format) => {
    const { likely, delivered } = await prepare(await noise(60, 40)[format]().toBuffer());
    expect(likely).toHaveLength(1);
    expect(likely[0]).toBe(delivered);
  });

  test.each(['jpeg', 'png'] as const)('but not of a file that was cut off: %s', async (format) => {
    const bytes = await noise(60, 40)[format]().toBuffer();
    expect(await prepare(bytes.subarray(0, bytes.length - 1))).toMatchObject({ likely: [] });
  });
});

test('an image above the size limit is refused as it came', async () => {
  const bytes = await noise(60, 40).png().toBuffer();
  expect((await failureOf(images.prepareImage(bytes, { maxBytes: bytes.length - 1 }))).code).toBe('PAYLOAD_TOO_LARGE');
  expect((await images.prepareImage(bytes, { maxBytes: bytes.length })).sizeBytes).toBe(bytes.length);
});

test('WhatsApp shows JPEG and PNG as an image', () => {
  expect(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/heic'].map(isSendableImage)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

describe('many at once', () => {
  let photo: Buffer;
  beforeAll(async () => {
    photo = await noise(400, 300).jpeg().toBuffer();
  });

  test('go through the gate a few at a time, failures included', async () => {
    const narrow = createImagePipeline({ concurrency: 2 });
    const broken = photo.subarray(0, photo.length / 2);
    const work = Array.from({ length: 30 }, (_, index) => narrow.prepareImage(index % 3 ? photo : broken, LIMIT));
    const most = { busy: 0 };
    const settled = Promise.allSettled(work);
    let done = false;
    void settled.then(() => (done = true));
    while (!done) {
      most.busy = Math.max(most.busy, sharp.counters().process);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await settled).filter(({ status }) => status === 'rejected')).toHaveLength(10);
    expect(most.busy).toBeLessThanOrEqual(2);
    expect(await narrow.inspectImage(photo)).toMatchObject({ width: 400 });
  });
});
