/** For images that WhatsApp can't show as they are, or that are larger than it makes sense to send. */
import { PomboError } from '@pombo/contracts';
import type { Sharp } from 'sharp';
import type { OpenImage } from './image-gate.js';

const QUALITIES = [85, 75, 65, 50, 40] as const;

export interface ConvertImageOptions {
  readonly maxBytes: number;
  /** Longest side of the result, in pixels. */
  readonly maxEdge: number;
  /** It may be seen through in places. */
  readonly hasAlpha: boolean;
}

export interface ConvertedImage {
  readonly bytes: Buffer;
  readonly mimeType: 'image/jpeg' | 'image/png';
  readonly width: number;
  readonly height: number;
}

/**
 * The first page, upright, without metadata, in sRGB: a PNG where it can be seen through, else a JPEG of the best quality
 * that fits.
 *
 * @throws PomboError PAYLOAD_TOO_LARGE when even the lowest quality is above `maxBytes`
 */
export async function convertImage(
  open: OpenImage,
  bytes: Uint8Array,
  options: ConvertImageOptions,
): Promise<ConvertedImage> {
  const fitted = (): Sharp => {
    const { maxEdge } = options;
    const size = { width: maxEdge, height: maxEdge, fit: 'inside', withoutEnlargement: true } as const;
    return open(bytes).autoOrient().resize(size).toColourspace('srgb');
  };
  const png = options.hasAlpha ? await asPng(open, fitted, options.maxBytes) : undefined;
  return png ?? asJpeg(fitted, options.maxBytes);
}

/** @returns undefined where nothing can be seen through it after all, or a JPEG has to do because it would be too large. */
async function asPng(open: OpenImage, fitted: () => Sharp, maxBytes: number): Promise<ConvertedImage | undefined> {
  if (await isOpaque(open, fitted())) return undefined;
  const { data, info } = await fitted().png().toBuffer({ resolveWithObject: true });
  if (data.length > maxBytes) return undefined;
  return { bytes: data, mimeType: 'image/png', width: info.width, height: info.height };
}

/** Of the picture as it will be: to look at the one that came would hold all of it in memory. */
async function isOpaque(open: OpenImage, picture: Sharp): Promise<boolean> {
  const { data, info } = await picture.extractChannel('alpha').raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const { channels: found } = await open(data, { raw: { width, height, channels } }).stats();
  return found.every(({ min }) => min === 255);
}

async function asJpeg(fitted: () => Sharp, maxBytes: number): Promise<ConvertedImage> {
  for (const quality of QUALITIES) {
    const { data, info } = await fitted()
      .flatten({ background: '#ffffff' })
      .jpeg({ quality })
      .toBuffer({ resolveWithObject: true });
    if (data.length <= maxBytes) return { bytes: data, mimeType: 'image/jpeg', width: info.width, height: info.height };
  }
  throw new PomboError('PAYLOAD_TOO_LARGE', `The image as a JPEG is larger than the limit of ${maxBytes} bytes.`);
}
