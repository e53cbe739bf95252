/** Fetches, checks and uploads a message's media, unless another message had the same. One row per kind. */
import {
  type MediaKind,
  mediaOf,
  type MediaSource,
  type MessageContent,
  type MessageRecord,
  PomboError,
  recipientKind,
  type SendMetadata,
} from '@pombo/contracts';
import { mediaLimits } from '@pombo/media';
import { DAY } from '@pombo/runtime';
import type { BuiltMedia, UploadedMedia, UploadSource } from '@pombo/whatsapp';
import type { Product } from '../reuse/obtain.js';
import { uploadGoodUntil } from '../reuse/upload-good-until.js';
import type { SendContext } from '../sending/send-context.js';
import { loadMedia } from './load-media.js';
import type { AnyMediaPreparer, MediaFindings, MediaPreparer, ReadyMedia } from './media-preparer.js';
import { prepareAudio } from './prepare-audio.js';
import { prepareDocument } from './prepare-document.js';
import { prepareImage } from './prepare-image.js';
import { prepareSticker } from './prepare-sticker.js';
import { prepareVideo } from './prepare-video.js';

export interface PreparedMedia {
  readonly media: BuiltMedia;
  readonly metadata: SendMetadata;
}

interface Uploaded {
  readonly upload: UploadedMedia;
  readonly uploadTimeMs: number;
}

/** Media on WhatsApp's media host, with all that was found out about it. */
interface UploadProduct extends MediaFindings, Uploaded {}

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
  record: MessageRecord,
  context: SendContext,
): Promise<PreparedMedia | undefined> {
  const kind = mediaOf(content.type)?.kind;
  const { source } = content;
  if (!kind || !source) return undefined;
  const preparer: AnyMediaPreparer = PREPARERS[kind];
  const loaded = loadMedia(source, { limit: mediaLimits(context.config)[kind], inMemory: preparer.inMemory }, context);
  try {
    const product = uploadProduct(kind, preparer, { source, content, chatJid }, context);
    const { value, isNew } = await context.obtain({ ...orderOf(record, context), source, loaded, product });
    const { built, metadata } = preparer.personalise?.(value, content) ?? value;
    const own = content.thumbnail && { thumbnail: await ownThumbnail(content.thumbnail, record, context) };
    return {
      media: { ...built, ...own, upload: value.upload },
      metadata: {
        ...metadata,
        ...(own && metadata.thumbnail_included === false ? { thumbnail_included: true } : {}),
        // No time was spent on what another message had done.
        ...('url' in source ? { download_time_ms: loaded.downloadTimeMs ?? 0 } : {}),
        upload_time_ms: isNew ? value.uploadTimeMs : 0,
        upload_reused: !isNew,
      },
    };
  } finally {
    await loaded.release();
  }
}

/** What goes to newsletters is not encrypted, so it is another upload. */
function uploadProduct(
  kind: MediaKind,
  preparer: AnyMediaPreparer,
  { source, content, chatJid }: { source: MediaSource; content: MessageContent; chatJid: string },
  context: SendContext,
): Product<UploadProduct> {
  const { config, session } = context;
  const form = recipientKind(chatJid) === 'newsletter' ? 'plain' : 'encrypted';
  return {
    name: ['upload', form, kind, preparer.variant?.(content, config) ?? ''].join(' '),
    async make(loaded) {
      const upload = createUploadOnce((file) => session.upload(file, kind, chatJid));
      const { built, metadata, ...ready } = await preparer.prepare(loaded, content, context, (file) =>
        upload.begin(file),
      );
      const uploaded = await upload.done(ready.source);
      requireUndamaged(uploaded.upload, ready, source);
      return { built, metadata, ...uploaded };
    },
    goodUntil: ({ upload }) => uploadGoodUntil(upload, config),
    check: {
      afterMs: config.UPLOAD_PROBE_AFTER_MS,
      isThere: ({ upload }) => session.hasUpload(upload),
    },
  };
}

/** Begins as soon as the file is there, perhaps before it is known to be sound: then nothing refers to the upload. */
function createUploadOnce(upload: (file: UploadSource) => Promise<UploadedMedia>) {
  let begun: { readonly file: UploadSource; readonly done: Promise<Uploaded> } | undefined;
  const begin = (file: UploadSource) => {
    const startedAt = performance.now();
    const done = upload(file).then((uploaded) => ({
      upload: uploaded,
      uploadTimeMs: Math.round(performance.now() - startedAt),
    }));
    // Nobody may be left to hear of it.
    done.catch(() => undefined);
    begun = { file, done };
    return done;
  };
  return {
    begin: (file: UploadSource): void => void begin(file),
    done: (file: UploadSource): Promise<Uploaded> => (begun?.file === file ? begun.done : begin(file)),
  };
}

/** A picture of the client's own; the same one for many messages is got once, too. */
async function ownThumbnail(source: MediaSource, record: MessageRecord, context: SendContext): Promise<Buffer> {
  const { config, images } = context;
  const loaded = loadMedia(source, { limit: mediaLimits(config).image, inMemory: true }, context);
  try {
    const product: Product<Buffer> = {
      name: 'thumbnail',
      make: async () => images.createThumbnail(await loaded.bytes()),
      goodUntil: () => Date.now() + DAY,
    };
    return (await context.obtain({ ...orderOf(record, context), source, loaded, product })).value;
  } finally {
    await loaded.release();
  }
}

function orderOf({ tenantId, queuedAt, sendAt }: MessageRecord, { signal }: SendContext) {
  return { tenantId, dueAt: sendAt ?? queuedAt, signal };
}

/** A blob in memory was compared with its key when it was read, a file only now. */
function requireUndamaged(
  { fileSha256 }: UploadedMedia,
  { untouched }: Pick<ReadyMedia, 'untouched'>,
  source: MediaSource,
): void {
  if (!('blob' in source) || untouched !== true || fileSha256.toString('hex') === source.blob) return;
  throw new PomboError('INTERNAL_ERROR', 'The stored media is damaged: its bytes no longer match its key.');
}
