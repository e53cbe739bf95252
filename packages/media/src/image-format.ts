/** Which image formats are taken, and which of them WhatsApp shows as an image. */
import { PomboError } from '@pombo/contracts';
import { sniffMedia } from './sniff-media.js';

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'svg' | 'bmp';

/** Only these ever reach libvips (BMP as its pixels), whatever else it can read. An SVG comes as bytes, so nothing it refers to is loaded. */
const READABLE_FORMATS: Readonly<Record<string, ImageFormat>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/apng': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/tiff': 'tiff',
  'image/avif': 'avif',
  'image/svg+xml': 'svg',
  'image/bmp': 'bmp',
};

/** Whether it can be made into an image or a sticker. */
export function isReadableImage(mimeType: string): boolean {
  return Object.hasOwn(READABLE_FORMATS, mimeType);
}

/** Whether WhatsApp shows the type as an image. It takes WebP too, but only as a sticker. */
export function isSendableImage(mimeType: string): boolean {
  return mimeType === 'image/jpeg' || mimeType === 'image/png';
}

const JPEG_END = Buffer.from([0xff, 0xd9]);
/** An `IEND` chunk, which is empty, with its check sum. */
const PNG_END = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);

/** Whether a JPEG or PNG ends as one does: it was not cut off, whatever else may be wrong with it. */
export function hasItsEnd(bytes: Buffer, format: ImageFormat): boolean {
  const end = format === 'jpeg' ? JPEG_END : PNG_END;
  return bytes.length >= end.length && bytes.subarray(bytes.length - end.length).equals(end);
}

/** @throws PomboError MEDIA_INVALID that names what was found instead */
export async function requireImageFormat(bytes: Uint8Array): Promise<ImageFormat> {
  if (bytes.length === 0) throw new PomboError('MEDIA_INVALID', 'The image is empty.');
  const found = await sniffMedia(bytes);
  const format = found && READABLE_FORMATS[found.mimeType];
  if (format) return format;
  throw new PomboError(
    'MEDIA_INVALID',
    `${describe(found?.mimeType)}; send JPEG, PNG, WebP, GIF, TIFF, AVIF, SVG or BMP.`,
  );
}

function describe(mimeType: string | undefined): string {
  if (mimeType === undefined) return 'The file is not an image of a known format';
  if (mimeType === 'text/html') return 'The file is an HTML page (text/html), not an image';
  if (mimeType.startsWith('image/')) return `Images of type ${mimeType} are not supported`;
  return `The file is ${mimeType}, not an image`;
}
