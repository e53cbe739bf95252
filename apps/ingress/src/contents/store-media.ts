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
import type { NameField } from '../http/field-problems.js';
import type { LiftedMedia } from '../http/lift-media.js';

export interface MediaParts {
  readonly config: Config;
  readonly blobStore: BlobStore;
  readonly nameField: NameField;
  /** Base64 that a token in the body stands for. */
  readonly lifted: LiftedMedia | undefined;
}

type Given = Readonly<Record<string, unknown>>;

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
  const { maxBytes } = mediaLimits(parts.config)[kind];
  const { bytes, declaredMimeType } = decodeInlineMedia(parts.lifted?.get(value) ?? value, { maxBytes, field });
  const found = (await sniffMedia(bytes))?.mimeType;
  requireKind(kind, found, bytes.length, field, parts);
  const mimeType = found ?? declaredMimeType;
  const { sha256 } = await parts.blobStore.put(bytes, mimeType === undefined ? {} : { mimeType });
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

/** Nothing can be uploaded ahead yet, so no media id is known. */
function unknownMedia(mediaId: unknown, { nameField }: MediaParts): PomboError {
  const field = nameField('media_id');
  const message = `${field} names no media of yours`;
  const value = typeof mediaId === 'string' ? { value: mediaId } : {};
  return new PomboError('MEDIA_NOT_FOUND', message, { validation: [{ field, message, ...value }] });
}
