/** What is kept of a `POST /send/image`. */
import { type ImageContent, type ImageSend, type MediaSource, PomboError } from '@pombo/contracts';
import { decodeInlineMedia, sniffMedia } from '@pombo/media';
import type { ContentParts } from './build-content.js';
import { commonContent } from './common-content.js';

/** What the worker can send as it is or turn into a JPEG. Whether the picture is whole, it finds out by decoding it. */
const TAKEN_TYPES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/webp',
  'image/gif',
  'image/tiff',
  'image/avif',
]);

/** @throws PomboError VALIDATION_ERROR, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, MEDIA_NOT_FOUND */
export async function acceptImage(body: ImageSend, parts: ContentParts): Promise<ImageContent> {
  return {
    type: 'image',
    source: await sourceOf(body, parts),
    ...(body.caption === '' ? {} : { caption: body.caption }),
    ...(body.viewOnce ? { viewOnce: true } : {}),
    ...commonContent(body),
  };
}

async function sourceOf({ image, image_url, media_id }: ImageSend, parts: ContentParts): Promise<MediaSource> {
  if (image_url !== undefined) return { url: image_url };
  if (image !== undefined) return { blob: await storeInline(image, parts) };
  throw unknownMedia(media_id, parts);
}

async function storeInline(image: string, { blobStore, maxImageBytes, nameField }: ContentParts): Promise<string> {
  const field = nameField('image');
  const { bytes } = decodeInlineMedia(image, { maxBytes: maxImageBytes, field });
  const found = await sniffMedia(bytes);
  if (!found || !TAKEN_TYPES.has(found.mimeType)) throw notAnImage(field, found?.mimeType);
  const { sha256 } = await blobStore.put(bytes, { mimeType: found.mimeType });
  return sha256;
}

function notAnImage(field: string, mimeType: string | undefined): PomboError {
  const what = mimeType ?? 'of no known type';
  const message = `${field} is ${what}; send a JPEG, PNG, WebP, GIF, TIFF or AVIF image`;
  return new PomboError('UNSUPPORTED_MEDIA_TYPE', message, { validation: [{ field, message }] });
}

/** Nothing can be uploaded ahead yet, so no media id is known. */
function unknownMedia(mediaId: string | undefined, { nameField }: ContentParts): PomboError {
  const field = nameField('media_id');
  const message = `${field} names no media of yours`;
  const value = mediaId === undefined ? {} : { value: mediaId };
  return new PomboError('MEDIA_NOT_FOUND', message, { validation: [{ field, message, ...value }] });
}
