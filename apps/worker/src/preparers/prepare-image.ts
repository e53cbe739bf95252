import type { ImageContent, MessageRecord } from '@pombo/contracts';
import { buildImageMessage } from '@pombo/whatsapp';
import type { SendContext } from '../sending/send-context.js';
import { findQuoted } from './find-quoted.js';
import { loadMedia } from './load-media.js';
import type { PreparedMessage } from './prepared-message.js';

/** Fetches, checks, thumbnails and uploads a picture. @throws PomboError with the code the message ends with. */
export async function prepareImage(
  content: ImageContent,
  chatJid: string,
  record: MessageRecord,
  context: SendContext,
): Promise<PreparedMessage> {
  const maxBytes = context.config.MEDIA_MAX_IMAGE_BYTES;
  const { bytes, downloadTimeMs } = await loadMedia(content.source, maxBytes, context);
  const image = await context.images.prepareImage(bytes, { maxBytes });
  const uploadStarted = performance.now();
  const upload = await context.session.upload(image.bytes, 'image');
  const uploadTimeMs = Math.round(performance.now() - uploadStarted);
  const quoted = await findQuoted(content.quoted, chatJid, record, context);
  const { mentioned = [], caption, viewOnce = false } = content;
  const message = buildImageMessage({
    upload,
    mimeType: image.mimeType,
    width: image.width,
    height: image.height,
    thumbnail: image.thumbnail,
    mentioned,
    viewOnce,
    ...(caption === undefined ? {} : { caption }),
    ...(quoted ? { quoted } : {}),
  });
  return {
    message,
    metadata: {
      image_size_bytes: image.source.sizeBytes,
      image_format: image.source.mimeType,
      download_time_ms: downloadTimeMs,
      upload_time_ms: uploadTimeMs,
      mentions_processed: mentioned.length,
      quoted_message_found: quoted !== undefined,
      view_once_enabled: viewOnce,
      delivered_format: image.mimeType,
      width: image.width,
      height: image.height,
      upload_reused: false,
    },
  };
}
