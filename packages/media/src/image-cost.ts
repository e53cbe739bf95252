/**
 * How much memory decoding an image takes, from what its header says. libvips reads most files a few rows at a time; some
 * forms it, or the library beneath it, can only hold whole. The factors were measured with sharp 0.35, pictures of 64
 * million pixels, and are what the whole process grew by.
 */
import type { Metadata } from 'sharp';
import type { ImageFormat } from './image-format.js';

/** libaom keeps several frames besides the one that is shown. */
const AVIF_BYTES = 18;
/** Rows at a time, and what comes of them; of a JPEG only every other row and less where that does. */
const STREAMED_BYTES = { jpeg: 0.8, png: 1.7 };

/** @returns bytes. */
export function decodingCost(metadata: Metadata, format: ImageFormat): number {
  return metadata.width * metadata.height * bytesPerPixel(metadata, format);
}

function bytesPerPixel(metadata: Metadata, format: ImageFormat): number {
  const { isProgressive = false, orientation = 1 } = metadata;
  if (format === 'avif') return AVIF_BYTES;
  if (format === 'jpeg' && isProgressive) return coefficientBytes(metadata);
  if (format !== 'jpeg' && format !== 'png') return wholeBytes(metadata);
  // Interlaced, or turned round: the last row may be needed first.
  return isProgressive || orientation > 1 ? wholeBytes(metadata) : STREAMED_BYTES[format];
}

/** Two for each sample of each channel until the file has been read. */
const coefficientBytes = ({ channels, chromaSubsampling }: Metadata): number =>
  chromaSubsampling === '4:2:0' ? 3.5 : channels * 2.2;

const wholeBytes = ({ channels, depth }: Metadata): number => Math.max(4, channels) * (depth === 'uchar' ? 1.2 : 2.4);
