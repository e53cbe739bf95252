/** For images that WhatsApp can't show as they are. */
import { PomboError } from '@pombo/contracts';
import type { OpenImage } from './image-gate.js';

const QUALITIES = [85, 70, 55, 40] as const;

/** libjpeg's own limit (JPEG_MAX_DIMENSION). */
const MAX_JPEG_SIDE = 65_500;

export interface ConvertedImage {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/**
 * The first page as a JPEG, upright, on white.
 *
 * @throws PomboError PAYLOAD_TOO_LARGE when even the lowest quality is above `maxBytes`
 */
export async function convertToJpeg(open: OpenImage, bytes: Uint8Array, maxBytes: number): Promise<ConvertedImage> {
  for (const quality of QUALITIES) {
    const { data, info } = await open(bytes)
      .autoOrient()
      .resize({ width: MAX_JPEG_SIDE, height: MAX_JPEG_SIDE, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality })
      .toBuffer({ resolveWithObject: true });
    if (data.length <= maxBytes) return { bytes: data, width: info.width, height: info.height };
  }
  throw new PomboError('PAYLOAD_TOO_LARGE', `The image as a JPEG is larger than the limit of ${maxBytes} bytes.`);
}
