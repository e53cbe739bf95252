/** Pictures of few bytes and as many pixels as are taken, in the forms that cost a decoder the most memory. */
import sharp from 'sharp';

/** The limit of the image gate is 64 million pixels. */
const SIDE = 8_000;

const blank = (channels = 3) =>
  sharp({
    create: { width: SIDE, height: SIDE, channels, background: { r: 30, g: 120, b: 200, alpha: 0.5 } },
    limitInputPixels: false,
  });

/** @returns {Promise<Array<{ name: string, bytes: Buffer }>>} */
export async function makeHugeImages() {
  const makers = {
    'JPEG of 8000 × 8000': () => blank().jpeg(),
    'progressive JPEG of 8000 × 8000': () => blank().jpeg({ progressive: true }),
    'progressive CMYK JPEG of 8000 × 8000': () => blank().toColourspace('cmyk').jpeg({ progressive: true }),
    'PNG of 8000 × 8000 with alpha': () => blank(4).png(),
    'interlaced PNG of 8000 × 8000 with alpha': () => blank(4).png({ progressive: true }),
    'interlaced PNG of 8000 × 8000, 16 bits, with alpha': () =>
      blank(4).toColourspace('rgb16').png({ progressive: true }),
    'WebP of 8000 × 8000': () => blank().webp({ effort: 0 }),
    'lossless WebP of 8000 × 8000 with alpha': () => blank(4).webp({ lossless: true, effort: 0 }),
    'AVIF of 8000 × 8000': () => blank().avif({ effort: 0 }),
    'TIFF of 8000 × 8000': () => blank().tiff({ compression: 'deflate' }),
    'GIF of 8000 × 8000': () => blank().gif({ effort: 1 }),
  };
  const images = [];
  for (const [name, make] of Object.entries(makers)) images.push({ name, bytes: await make().toBuffer() });
  return images;
}
