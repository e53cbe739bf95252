/** Media of a body: what came inline is checked and stored, a URL is kept for the worker to fetch. */
import {
  type ErrorCode,
  type MediaFields,
  type MediaKind,
  type MediaSource,
  type MediaSpec,
  PomboError,
} from '@pombo/contracts';
import { type BlobStore, decodeInlineMedia, maxBytesFor, mediaLimits, problemOfKind, sniffMedia } from '@pombo/media';
import type { Config } from '@pombo/runtime';
import type { StoredMedia } from '@pombo/store';
import type { NameField } from '../http/field-problems.js';
import type { LiftedMedia } from '../http/lift-media.js';

export interface MediaParts {
  readonly config: Config;
  readonly blobStore: BlobStore;
  /** Finds media of the caller's tenant by its id. */
  readonly findMedia: (mediaId: string) => Promise<StoredMedia | undefined>;
  /** Until when the message may wait, in milliseconds since the epoch; undefined within the usual retention. */
  readonly keepUntil: number | undefined;
  readonly nameField: NameField;
  /** Base64 that a token in the body stands for. */
  readonly lifted: LiftedMedia | undefined;
}

type Given = Readonly<Record<string, unknown>>;

/** @throws PomboError VALIDATION_ERROR, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, MEDIA_NOT_FOUND */
export async function storeMedia(spec: MediaSpec, given: Given, parts: MediaParts): Promise<MediaSource> {
  const mediaId = given['media_id'];
  const found =
    typeof mediaId === 'string'
      ? await findStored(mediaId, spec.kind, parts)
      : await storeGiven(spec, spec.kind, given, parts);
  if (!found) throw unknownMedia(mediaId, parts);
  return found;
}

/** A client's own thumbnail is a picture, whatever it stands for. */
export function storeThumbnail(fields: MediaFields, given: Given, parts: MediaParts): Promise<MediaSource | undefined> {
  return storeGiven(fields, 'image', given, parts);
}

/** What was uploaded ahead; the message keeps it from here on, whatever becomes of its id. */
async function findStored(mediaId: string, kind: MediaKind, parts: MediaParts): Promise<MediaSource | undefined> {
  const media = await parts.findMedia(mediaId);
  if (!media) return undefined;
  requireKind(kind, media.mimeType, media.sizeBytes, parts.nameField('media_id'), parts);
  const { sha256 } = media;
  return (await parts.blobStore.keep(sha256, parts.keepUntil)) ? { blob: sha256 } : undefined;
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
  const { maxBytes } = mediaLimits(parts.config)[kind];
  const { bytes, declaredMimeType } = decodeInlineMedia(parts.lifted?.get(value) ?? value, { maxBytes, field });
  const found = (await sniffMedia(bytes))?.mimeType;
  requireKind(kind, found, bytes.length, field, parts);
  const mimeType = found ?? declaredMimeType;
  const { blobStore, keepUntil } = parts;
  const { sha256 } = await blobStore.put(bytes, {
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(keepUntil === undefined ? {} : { keepUntil }),
  });
  return sha256;
}

/** Whether it is whole, the worker finds out by decoding. */
function requireKind(
  kind: MediaKind,
  mimeType: string | undefined,
  sizeBytes: number,
  field: string,
  { config }: MediaParts,
): void {
  const problem = problemOfKind(kind, mimeType);
  if (problem !== undefined) throw refused('UNSUPPORTED_MEDIA_TYPE', field, problem);
  const maxBytes = maxBytesFor(kind, mimeType, config);
  if (sizeBytes > maxBytes) throw refused('PAYLOAD_TOO_LARGE', field, `is larger than the limit of ${maxBytes} bytes`);
}

function refused(code: ErrorCode, field: string, problem: string): PomboError {
  const message = `${field} ${problem}`;
  return new PomboError(code, message, { validation: [{ field, message }] });
}

/** Unknown, of another tenant, or no longer there: all alike. */
function unknownMedia(mediaId: unknown, { nameField }: MediaParts): PomboError {
  const field = nameField('media_id');
  const message = `${field} names no media of yours, or none any more`;
  const value = typeof mediaId === 'string' ? { value: mediaId } : {};
  return new PomboError('MEDIA_NOT_FOUND', message, { validation: [{ field, message, ...value }] });
}
