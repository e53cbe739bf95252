/** What is done with images, wherever it is done. */
import { PomboError } from '@pombo/contracts';
import { createBmpReader } from './bmp-reader.js';
import type { RawPicture } from './children/picture-answer.js';
import { convertImage } from './convert-image.js';
import { hasItsEnd, isSendableImage, requireImageFormat } from './image-format.js';
import type { ImageGate, OpenImage } from './image-gate.js';
import { readImageHeader, type ImageInfo } from './image-header.js';
import { renderSticker } from './sticker.js';
import { stripMetadata } from './strip-metadata.js';
import { renderThumbnail } from './thumbnail.js';

export interface PrepareStickerOptions {
  /** Largest image taken, and largest image delivered, in bytes. */
  readonly maxBytes: number;
}

export interface PrepareImageOptions extends PrepareStickerOptions {
  /** Longest side of the image delivered, in pixels; a larger one is made smaller. Default: as it came. */
  readonly maxEdge?: number;
  /** Whether an image that is otherwise left as it is goes without its EXIF, XMP and IPTC. Default true. */
  readonly strip?: boolean;
  /**
   * Hears what will be delivered as soon as it is known and likely to be sound, which is some time before it is known to
   * be: the thumbnail is still being made.
   */
  readonly onLikely?: (bytes: Buffer) => void;
}

export interface PreparedImage {
  readonly bytes: Buffer;
  readonly mimeType: string;
  /** As displayed. */
  readonly width: number;
  /** As displayed. */
  readonly height: number;
  readonly sizeBytes: number;
  /** False: the pixels are the source's, untouched. */
  readonly converted: boolean;
  /** What the client supplied. */
  readonly source: {
    readonly mimeType: string;
    readonly sizeBytes: number;
    readonly width: number;
    readonly height: number;
  };
  /** JPEG, 32 to 72 pixels wide, under 5 KB. */
  readonly thumbnail: Buffer;
}

export type PreparedSticker = Omit<PreparedImage, 'thumbnail'> & {
  readonly animated: boolean;
};

/** Each takes the bytes of a file. */
export interface ImageWork {
  inspectImage(bytes: Buffer, options?: undefined): Promise<ImageInfo>;
  prepareImage(bytes: Buffer, options: PrepareImageOptions): Promise<PreparedImage>;
  prepareSticker(bytes: Buffer, options: PrepareStickerOptions): Promise<PreparedSticker>;
  createThumbnail(bytes: Buffer, options?: undefined): Promise<Buffer>;
}

/** It would take more memory than it may; nothing was decoded. */
export class HeavyImageError extends Error {}

/** @param maxCostBytes beyond which an image is refused with HeavyImageError. */
export function createImageWork(gate: ImageGate, maxCostBytes = Infinity): ImageWork {
  const readBmp = createBmpReader();

  /** Runs `work` inside the gate, with what the image says about itself. */
  async function withImage<T>(bytes: Buffer, work: (image: OpenedImage) => Promise<T>): Promise<T> {
    const format = await requireImageFormat(bytes);
    const pixels = format === 'bmp' ? await readBmp(bytes) : undefined;
    const done = await gate.run(async (open) => {
      const readable = pixels ? await encodePixels(open, pixels) : bytes;
      const info = await readImageHeader(open, readable, format, gate.maxPixels);
      if (info.costBytes > maxCostBytes) return undefined;
      return { value: await work({ open, bytes: readable, suppliedBytes: bytes.length, info }) };
    });
    if (!done) throw new HeavyImageError();
    return done.value;
  }

  return {
    inspectImage: (bytes) =>
      withImage(bytes, async (image) => {
        await decodeFully(image);
        return image.info;
      }),
    createThumbnail: (bytes) =>
      withImage(bytes, ({ open, bytes: readable, info }) => renderThumbnail(open, readable, info)),
    async prepareImage(bytes, options) {
      if (bytes.length > options.maxBytes) throw tooLarge(options.maxBytes);
      return withImage(bytes, (image) => prepare(image, options));
    },
    prepareSticker: (bytes, { maxBytes }) => withImage(bytes, (image) => prepareAsSticker(image, maxBytes)),
  };
}

interface OpenedImage {
  readonly open: OpenImage;
  /** What sharp reads. */
  readonly bytes: Buffer;
  readonly suppliedBytes: number;
  readonly info: ImageInfo;
}

/** As a file, which can be read again and again like any other. Hardly compressed: it lives for a moment. */
export async function encodePixels(open: OpenImage, { data, ...raw }: RawPicture): Promise<Buffer> {
  return open(data, { raw }).png({ compressionLevel: 1 }).toBuffer();
}

async function prepare(
  { open, bytes, suppliedBytes, info }: OpenedImage,
  { maxBytes, maxEdge = LONGEST_SIDE, strip = true, onLikely }: PrepareImageOptions,
): Promise<PreparedImage> {
  const { mimeType, width, height, format, hasAlpha } = info;
  const passes = isSendableImage(mimeType) && info.isPlain && Math.max(width, height) <= maxEdge;
  const delivered = passes
    ? { bytes: strip ? stripMetadata(bytes, format) : bytes, mimeType, width, height }
    : await convertImage(open, bytes, { maxBytes, maxEdge, hasAlpha });
  // What was converted is whole.
  if (!passes || hasItsEnd(delivered.bytes, format)) onLikely?.(delivered.bytes);
  return {
    ...delivered,
    sizeBytes: delivered.bytes.length,
    converted: !passes,
    source: { mimeType, sizeBytes: suppliedBytes, width, height },
    // Also the proof that an untouched image decodes to its end.
    thumbnail: await renderThumbnail(open, delivered.bytes, delivered),
  };
}

/** libjpeg's own limit (JPEG_MAX_DIMENSION). */
const LONGEST_SIDE = 65_500;

async function prepareAsSticker(image: OpenedImage, maxBytes: number): Promise<PreparedSticker> {
  const { open, bytes, suppliedBytes, info } = image;
  const { mimeType, width, height, pages } = info;
  const passes = info.format === 'webp';
  if (passes && bytes.length > maxBytes) throw tooLarge(maxBytes);
  if (passes) await decodeFully(image);
  const delivered = passes ? { bytes, width, height } : await renderSticker(open, bytes, info, maxBytes);
  return {
    ...delivered,
    mimeType: 'image/webp',
    sizeBytes: delivered.bytes.length,
    converted: !passes,
    animated: pages > 1,
    source: { mimeType, sizeBytes: suppliedBytes, width, height },
  };
}

/** Decoding to almost nothing still reads every byte. */
async function decodeFully({ open, bytes }: OpenedImage): Promise<void> {
  await open(bytes).resize({ width: 8, height: 8, fit: 'fill' }).raw().toBuffer();
}

function tooLarge(maxBytes: number): PomboError {
  return new PomboError('PAYLOAD_TOO_LARGE', `The image is larger than the limit of ${maxBytes} bytes.`);
}
