/** Fetches, checks and uploads a message's media. One row per kind. */
import {
  type MediaKind,
  mediaOf,
  type MediaSource,
  type MessageContent,
  PomboError,
  type SendMetadata,
} from '@pombo/contracts';
import { type MediaLimits, mediaLimits } from '@pombo/media';
import type { BuiltMedia, UploadedMedia } from '@pombo/whatsapp';
import type { SendContext } from '../sending/send-context.js';
import { loadMedia } from './load-media.js';
import type { AnyMediaPreparer, MediaPreparer, ReadyMedia } from './media-preparer.js';
import { prepareAudio } from './prepare-audio.js';
import { prepareDocument } from './prepare-document.js';
import { prepareImage } from './prepare-image.js';
import { prepareSticker } from './prepare-sticker.js';
import { prepareVideo } from './prepare-video.js';

export interface PreparedMedia {
  readonly media: BuiltMedia;
  readonly metadata: SendMetadata;
}

const PREPARERS: { readonly [K in MediaKind]: MediaPreparer<K> } = {
  image: prepareImage,
  video: prepareVideo,
  audio: prepareAudio,
  sticker: prepareSticker,
  document: prepareDocument,
};

/** @returns undefined for a message without media. @throws PomboError with the code the message ends with. */
export async function prepareMedia(
  content: MessageContent,
  chatJid: string,
  context: SendContext,
): Promise<PreparedMedia | undefined> {
  const kind = mediaOf(content.type)?.kind;
  if (!kind || !content.source) return undefined;
  const limits = mediaLimits(context.config);
  const loaded = loadMedia(content.source, limits[kind], context);
  try {
    const ready = await (PREPARERS[kind] as AnyMediaPreparer)(loaded, content, context);
    const own = content.thumbnail && { thumbnail: await ownThumbnail(content.thumbnail, limits, context) };
    const uploadStarted = performance.now();
    const upload = await context.session.upload(ready.source, kind, chatJid);
    const uploadTimeMs = Math.round(performance.now() - uploadStarted);
    requireUndamaged(upload, ready, content.source);
    const { downloadTimeMs } = loaded;
    const times = {
      ...(downloadTimeMs === undefined ? {} : { download_time_ms: downloadTimeMs }),
      upload_time_ms: uploadTimeMs,
      upload_reused: false,
    };
    return { media: { ...ready.built, ...own, upload }, metadata: { ...ready.metadata, ...times } };
  } finally {
    await loaded.release();
  }
}

async function ownThumbnail(source: MediaSource, limits: MediaLimits, context: SendContext): Promise<Buffer> {
  const loaded = loadMedia(source, limits.image, context);
  return context.images.createThumbnail(await loaded.bytes());
}

/** A blob in memory was compared with its key when it was read, a file only now. */
function requireUndamaged({ fileSha256 }: UploadedMedia, ready: ReadyMedia, source: MediaSource): void {
  const untouched = 'blob' in source && ready.untouched === true;
  if (!untouched || fileSha256.toString('hex') === source.blob) return;
  throw new PomboError('INTERNAL_ERROR', 'The stored media is damaged: its bytes no longer match its key.');
}
