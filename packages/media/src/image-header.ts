/** What an image says about itself, read without decoding it. */
import { PomboError } from '@pombo/contracts';
import { decodingCost } from './image-cost.js';
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
  /** It is shown as its pixels lie, in eight bits of red, green and blue or grey: what every phone can show. */
  readonly isPlain: boolean;
  /** Memory that decoding it takes, about. */
  readonly costBytes: number;
}

/** More than that is not decoded at all. */
const MAX_COST_BYTES = 640_000_000;

const PLAIN_SPACES: ReadonlySet<string> = new Set(['srgb', 'b-w']);
const MIME_TYPES: Readonly<Partial<Record<ImageFormat, string>>> = { svg: 'image/svg+xml' };

/** @throws PomboError MEDIA_INVALID when the image declares more than `maxPixels` */
export async function readImageHeader(
  open: OpenImage,
  bytes: Uint8Array,
  format: ImageFormat,
  maxPixels: number,
): Promise<ImageInfo> {
  // Reading a header costs nothing whatever it declares, and our own check can say what the limit is.
  const found = await open(bytes, { limitInputPixels: false }).metadata();
  const { autoOrient, pages = 1, hasAlpha, orientation = 1, space, depth } = found;
  const { width, height } = autoOrient;
  if (width * height > maxPixels) {
    const limit = `the limit is ${maxPixels / 1_000_000} million`;
    throw new PomboError('MEDIA_INVALID', `The image has ${width} × ${height} pixels; ${limit}.`);
  }
  const costBytes = decodingCost(found, format);
  if (costBytes > MAX_COST_BYTES) {
    const message = `The image has ${width} × ${height} pixels, which is too much for its format (${format}).`;
    throw new PomboError('MEDIA_INVALID', message);
  }
  const isPlain = orientation === 1 && depth === 'uchar' && PLAIN_SPACES.has(space) && pages === 1;
  return {
    format,
    mimeType: MIME_TYPES[format] ?? `image/${format}`,
    width,
    height,
    pages,
    hasAlpha,
    isPlain,
    costBytes,
  };
}
