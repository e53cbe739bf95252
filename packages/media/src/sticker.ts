/** Stickers are WebP of 512 × 512 pixels; other pictures are brought to that. */
import { PomboError } from '@pombo/contracts';
import type { OpenImage } from './image-gate.js';
import type { ImageInfo } from './image-header.js';

/** WhatsApp's own size. */
const SIDE = 512;
const QUALITIES = [85, 65, 45, 25] as const;
const TRANSPARENT = { r: 0, g: 0, b: 0, alpha: 0 };

export interface Sticker {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/**
 * The whole picture in the middle of a transparent square, moving if it moves.
 *
 * @throws PomboError PAYLOAD_TOO_LARGE when even the lowest quality is above `maxBytes`
 */
export async function renderSticker(
  open: OpenImage,
  bytes: Uint8Array,
  { pages }: ImageInfo,
  maxBytes: number,
): Promise<Sticker> {
  for (const quality of QUALITIES) {
    const data = await open(bytes, { animated: pages > 1 })
      .autoOrient()
      .resize({ width: SIDE, height: SIDE, fit: 'contain', background: TRANSPARENT })
      .webp({ quality, effort: 3 })
      .toBuffer();
    if (data.length <= maxBytes) return { bytes: data, width: SIDE, height: SIDE };
  }
  throw new PomboError('PAYLOAD_TOO_LARGE', `The picture as a sticker is larger than the limit of ${maxBytes} bytes.`);
}
