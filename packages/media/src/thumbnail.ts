/** The small picture inside the message, which a phone shows while the real one loads. */
import type { OpenImage } from './image-gate.js';

/** The thumbnail travels inside the encrypted message, so every byte is paid per recipient. */
const MAX_THUMBNAIL_BYTES = 5_000;
const MIN_WIDTH = 32;
const MAX_WIDTH = 72;
const MAX_HEIGHT = 128;

/** The last one fits whatever the picture: 72 × 128 pixels of noise stay under 3 KB. */
const QUALITIES = [60, 45, 30, 20, 10, 5] as const;

const WHITE = '#ffffff';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * A JPEG 32 to 72 pixels wide and under 5 KB, upright, on white, without metadata. Reads the whole image, so it fails on
 * one that is cut off.
 *
 * @param size - of the image, as displayed
 */
export async function renderThumbnail(open: OpenImage, bytes: Uint8Array, size: Size): Promise<Buffer> {
  const { width, height, fit } = thumbnailBox(size);
  let thumbnail = await open(bytes)
    .autoOrient()
    .resize({ width, height, fit, background: WHITE })
    .flatten({ background: WHITE })
    .jpeg({ quality: QUALITIES[0] })
    .toBuffer();
  for (const quality of QUALITIES.slice(1)) {
    if (thumbnail.length < MAX_THUMBNAIL_BYTES) break;
    // From the first thumbnail, not from the source: decoding that one again would cost far more.
    thumbnail = await open(thumbnail).jpeg({ quality }).toBuffer();
  }
  return thumbnail;
}

/** The image's own shape where the limits allow it; a strip taller than 4 to 1 is centred on white. */
function thumbnailBox({ width, height }: Size): Size & { fit: 'fill' | 'contain' } {
  const widest = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width));
  const scaledHeight = Math.max(1, Math.round((widest * height) / width));
  if (scaledHeight <= MAX_HEIGHT) return { width: widest, height: scaledHeight, fit: 'fill' };
  const narrowed = Math.round((MAX_HEIGHT * width) / height);
  if (narrowed >= MIN_WIDTH) return { width: narrowed, height: MAX_HEIGHT, fit: 'fill' };
  return { width: MIN_WIDTH, height: MAX_HEIGHT, fit: 'contain' };
}
