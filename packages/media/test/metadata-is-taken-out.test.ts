import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { createImagePipeline } from '../src/index.js';
import { noise } from './sample-images.js';

const images = createImagePipeline();
const LIMIT = { maxBytes: 16_000_000 };
const EXIF = { IFD0: { Make: 'Pigeon Optics' }, IFD3: { GPSLatitude: '52/1 30/1 0/1' } };

const encoded = (format: 'jpeg' | 'png') => noise(60, 40)[format]();
const pixels = (bytes: Buffer): Promise<Buffer> => sharp(bytes).raw().toBuffer();

describe.each(['jpeg', 'png'] as const)('of a %s', (format) => {
  const withExif = () => encoded(format).withExif(EXIF).withIccProfile('p3').toBuffer();

  test('EXIF is gone, and every pixel and the colour profile as before', async () => {
    const bytes = await withExif();
    expect((await sharp(bytes).metadata()).exif).toBeDefined();
    const prepared = await images.prepareImage(bytes, LIMIT);
    const { exif, icc } = await sharp(prepared.bytes).metadata();
    expect({ exif, hasProfile: icc !== undefined }).toEqual({ exif: undefined, hasProfile: true });
    expect(prepared.bytes.includes('Pigeon Optics')).toBe(false);
    expect(await pixels(prepared.bytes)).toEqual(await pixels(bytes));
    expect(prepared).toMatchObject({ converted: false, sizeBytes: prepared.bytes.length });
  });

  test('nothing is touched where it is to stay', async () => {
    const bytes = await withExif();
    expect((await images.prepareImage(bytes, { ...LIMIT, strip: false })).bytes).toBe(bytes);
  });

  test('XMP is gone too', async () => {
    const bytes = await encoded(format).withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">secret</x:xmpmeta>').toBuffer();
    expect((await sharp(bytes).metadata()).xmp).toBeDefined();
    const { bytes: prepared } = await images.prepareImage(bytes, LIMIT);
    expect((await sharp(prepared).metadata()).xmp).toBeUndefined();
  });
});

test('segments that lie about their length harm nothing', async () => {
  const bytes = await noise(60, 40).jpeg().withExif(EXIF).toBuffer();
  const at = bytes.indexOf(Buffer.of(0xff, 0xe1));
  const lying = Buffer.from(bytes);
  lying.writeUInt16BE(0, at + 2);
  const outcome = await images.prepareImage(lying, LIMIT).catch((error: unknown) => error as { code: string });
  expect('bytes' in outcome || outcome.code === 'MEDIA_INVALID').toBe(true);
});
