/** Media of a body: what came inline is checked and stored, a URL is kept for the worker to fetch. */
import { type MediaFields, type MediaKind, type MediaSource, type MediaSpec, PomboError } from '@pombo/contracts';
import { type BlobStore, decodeInlineMedia, sniffMedia } from '@pombo/media';
import type { NameField } from '../http/field-problems.js';

export interface MediaParts {
  readonly blobStore: BlobStore;
  readonly maxBytes: Readonly<Record<MediaKind, number>>;
  readonly nameField: NameField;
}

type Given = Readonly<Record<string, unknown>>;

/** What the worker can send as a picture, as it is or as a JPEG. Whether it is whole, the worker finds out by decoding. */
const PICTURES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/webp',
  'image/gif',
  'image/tiff',
  'image/avif',
]);

/** @throws PomboError VALIDATION_ERROR, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, MEDIA_NOT_FOUND */
export async function storeMedia(spec: MediaSpec, given: Given, parts: MediaParts): Promise<MediaSource> {
  const found = await storeGiven(spec, spec.kind, given, parts);
  if (!found) throw unknownMedia(given['media_id'], parts);
  return found;
}

/** A client's own thumbnail is a picture, whatever it stands for. */
export function storeThumbnail(fields: MediaFields, given: Given, parts: MediaParts): Promise<MediaSource | undefined> {
  return storeGiven(fields, 'image', given, parts);
}

async function storeGiven(
  { inline, url }: MediaFields,
  kind: MediaKind,
  given: Given,
  parts: MediaParts,
): Promise<MediaSource | undefined> {
  const [bytes, address] = [given[inline], given[url]];
  if (typeof address === 'string') return { url: address };
  if (typeof bytes === 'string') return { blob: await storeInline(bytes, kind, parts.nameField(inline), parts) };
  return undefined;
}

async function storeInline(value: string, kind: MediaKind, field: string, parts: MediaParts): Promise<string> {
  const { bytes, declaredMimeType } = decodeInlineMedia(value, { maxBytes: parts.maxBytes[kind], field });
  const found = await sniffMedia(bytes);
  if (kind === 'image' && (!found || !PICTURES.has(found.mimeType))) throw notAPicture(field, found?.mimeType);
  const mimeType = found?.mimeType ?? declaredMimeType;
  const { sha256 } = await parts.blobStore.put(bytes, mimeType === undefined ? {} : { mimeType });
  return sha256;
}

function notAPicture(field: string, mimeType: string | undefined): PomboError {
  const what = mimeType ?? 'of no known type';
  const message = `${field} is ${what}; send a JPEG, PNG, WebP, GIF, TIFF or AVIF image`;
  return new PomboError('UNSUPPORTED_MEDIA_TYPE', message, { validation: [{ field, message }] });
}

/** Nothing can be uploaded ahead yet, so no media id is known. */
function unknownMedia(mediaId: unknown, { nameField }: MediaParts): PomboError {
  const field = nameField('media_id');
  const message = `${field} names no media of yours`;
  const value = typeof mediaId === 'string' ? { value: mediaId } : {};
  return new PomboError('MEDIA_NOT_FOUND', message, { validation: [{ field, message, ...value }] });
}
