/** Fetches, checks and uploads a message's media. One row per kind. */
import { extname } from 'node:path';
import {
  type ContentOf,
  type MediaKind,
  type MediaSource,
  type MessageContent,
  mediaOf,
  type SendMetadata,
} from '@pombo/contracts';
import { sniffMedia } from '@pombo/media';
import type { BuiltMedia } from '@pombo/whatsapp';
import type { SendContext } from '../sending/send-context.js';
import { type LoadedMedia, loadMedia } from './load-media.js';

/** Media as it is to be uploaded, and what was found out about what the client supplied. */
interface ReadyMedia extends Omit<BuiltMedia, 'upload'> {
  readonly bytes: Buffer;
  readonly metadata: SendMetadata;
}

export interface PreparedMedia {
  readonly media: BuiltMedia;
  readonly metadata: SendMetadata;
}

type PrepareKind = (loaded: LoadedMedia, content: MessageContent, context: SendContext) => Promise<ReadyMedia>;

const KINDS: Readonly<Record<MediaKind, PrepareKind>> = { image: readyImage, document: readyDocument };

/** @returns undefined for a message without media. @throws PomboError with the code the message ends with. */
export async function prepareMedia(content: MessageContent, context: SendContext): Promise<PreparedMedia | undefined> {
  const kind = mediaOf(content.type)?.kind;
  if (!kind || !content.source) return undefined;
  const loaded = await loadMedia(content.source, maxBytesOf(kind, context), context);
  const { bytes, metadata, ...ready } = await KINDS[kind](loaded, content, context);
  const uploadStarted = performance.now();
  const upload = await context.session.upload(bytes, kind);
  const uploadTimeMs = Math.round(performance.now() - uploadStarted);
  const times = { download_time_ms: loaded.downloadTimeMs, upload_time_ms: uploadTimeMs };
  return { media: { ...ready, upload }, metadata: { ...metadata, ...times, upload_reused: false } };
}

function maxBytesOf(kind: MediaKind, { config }: SendContext): number {
  return { image: config.MEDIA_MAX_IMAGE_BYTES, document: config.MEDIA_MAX_DOCUMENT_BYTES }[kind];
}

async function readyImage({ bytes }: LoadedMedia, content: MessageContent, context: SendContext): Promise<ReadyMedia> {
  const image = await context.images.prepareImage(bytes, { maxBytes: context.config.MEDIA_MAX_IMAGE_BYTES });
  const { mimeType, width, height, thumbnail, source } = image;
  const metadata = {
    image_size_bytes: source.sizeBytes,
    image_format: source.mimeType,
    delivered_format: mimeType,
    width,
    height,
    view_once_enabled: (content as ContentOf<'image'>).viewOnce ?? false,
  };
  return { bytes: image.bytes, mimeType, width, height, thumbnail, metadata };
}

async function readyDocument(
  { bytes }: LoadedMedia,
  content: MessageContent,
  context: SendContext,
): Promise<ReadyMedia> {
  const mimeType = await documentType(bytes, content as ContentOf<'document'>);
  const thumbnail = content.thumbnail && (await documentThumbnail(content.thumbnail, context));
  const metadata = { document_size_bytes: bytes.length, mime_type: mimeType };
  return { bytes, mimeType, metadata, ...(thumbnail ? { thumbnail } : {}) };
}

/** What to call bytes that nobody named. */
const UNKNOWN_TYPE = 'application/octet-stream';
/** Types that have no signature in their bytes, by file extension. */
const TEXT_TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.txt': 'text/plain',
  '.md': 'text/markdown',
  '.json': 'application/json',
};

/** The client's word first, then what the bytes say, then the file's name. */
async function documentType(
  bytes: Buffer,
  { mime_type: given, file_name: name = '' }: ContentOf<'document'>,
): Promise<string> {
  if (given) return given.toLowerCase();
  const byName = TEXT_TYPES[extname(name).toLowerCase()];
  return byName ?? (await sniffMedia(bytes))?.mimeType ?? UNKNOWN_TYPE;
}

async function documentThumbnail(source: MediaSource, context: SendContext): Promise<Buffer> {
  const { bytes } = await loadMedia(source, context.config.MEDIA_MAX_IMAGE_BYTES, context);
  return context.images.createThumbnail(bytes);
}
