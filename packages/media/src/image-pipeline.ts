/** Turns the bytes a client supplied into an image that WhatsApp shows. */
import type { RawPicture } from './children/picture-answer.js';
import { createRunApart } from './image-apart.js';
import { createImageGate, type ImageGateSettings } from './image-gate.js';
import type { ImageInfo } from './image-header.js';
import {
  createImageWork,
  encodePixels,
  HeavyImageError,
  type ImageWork,
  type PreparedImage,
  type PreparedSticker,
  type PrepareImageOptions,
  type PrepareStickerOptions,
} from './image-work.js';
import { renderThumbnail } from './thumbnail.js';

export interface ImagePipeline {
  /**
   * Decodes the (first) image fully.
   *
   * @throws PomboError MEDIA_INVALID: not an image (the message names what it is), cut off, damaged, too many pixels
   */
  inspectImage(bytes: Buffer): Promise<ImageInfo>;
  /**
   * A JPEG or PNG that every phone shows and that is not too large passes as it is, but for its metadata. Anything else
   * becomes a JPEG of its first page, or a PNG where it can be seen through.
   *
   * @throws PomboError as `inspectImage`; PAYLOAD_TOO_LARGE
   */
  prepareImage(bytes: Buffer, options: PrepareImageOptions): Promise<PreparedImage>;
  /**
   * A WebP passes byte for byte; other formats become one.
   *
   * @throws PomboError as `inspectImage`; PAYLOAD_TOO_LARGE
   */
  prepareSticker(bytes: Buffer, options: PrepareStickerOptions): Promise<PreparedSticker>;
  /** The thumbnail alone, for documents. Throws as `inspectImage`. */
  createThumbnail(bytes: Buffer): Promise<Buffer>;
  /** The same of pixels. */
  createThumbnailOf(picture: RawPicture): Promise<Buffer>;
}

/** An image that takes more memory than this to decode has a process of its own. */
const HEAVY_BYTES = 64_000_000;

/** One per process: its gate bounds the image work of the whole process. */
export function createImagePipeline(settings: ImageGateSettings = {}): ImagePipeline {
  const gate = createImageGate(settings);
  const runApart = createRunApart();
  const here = createImageWork(gate, HEAVY_BYTES);

  /** Here, unless that would take too much memory. */
  const work =
    <Name extends keyof ImageWork>(name: Name) =>
    async (bytes: Buffer, options: Parameters<ImageWork[Name]>[1]): Promise<Awaited<ReturnType<ImageWork[Name]>>> => {
      const workHere = here[name] as (bytes: Buffer, options: unknown) => ReturnType<ImageWork[Name]>;
      try {
        return await workHere(bytes, options);
      } catch (error) {
        if (error instanceof HeavyImageError) return await runApart(name, bytes, options);
        throw error;
      }
    };

  const [inspectImage, createThumbnail] = [work('inspectImage'), work('createThumbnail')];
  return {
    inspectImage: (bytes) => inspectImage(bytes, undefined),
    createThumbnail: (bytes) => createThumbnail(bytes, undefined),
    createThumbnailOf: (picture) =>
      gate.run(async (open) => renderThumbnail(open, await encodePixels(open, picture), picture)),
    prepareImage: work('prepareImage'),
    prepareSticker: work('prepareSticker'),
  };
}
