/** What an image says about itself, read without decoding it. */
import { PomboError } from '@pombo/contracts';
import type { ImageFormat } from './image-format.js';
import type { OpenImage } from './image-gate.js';

export interface ImageInfo {
  readonly format: ImageFormat;
  readonly mimeType: string;
  /** As displayed: after the EXIF orientation. */
  readonly width: number;
  /** As displayed: after the EXIF orientation. */
  readonly height: number;
  /** 1 unless animated or a multi-page document. */
  readonly pages: number;
  readonly hasAlpha: boolean;
}

/** @throws PomboError MEDIA_INVALID when the image declares more than `maxPixels` */
export async function readImageHeader(
  open: OpenImage,
  bytes: Uint8Array,
  format: ImageFormat,
  maxPixels: number,
): Promise<ImageInfo> {
  // Reading a header costs nothing whatever it declares, and our own check can say what the limit is.
  const { autoOrient, pages = 1, hasAlpha } = await open(bytes, { limitInputPixels: false }).metadata();
  const { width, height } = autoOrient;
  if (width * height > maxPixels) {
    const limit = `the limit is ${maxPixels / 1_000_000} million`;
    throw new PomboError('MEDIA_INVALID', `The image has ${width} × ${height} pixels; ${limit}.`);
  }
  return { format, mimeType: `image/${format}`, width, height, pages, hasAlpha };
}
