import { proto } from '@whiskeysockets/baileys';
import { type MessageBuilder, requireMedia, withContext } from './message-builder.js';

export const imageMessage: MessageBuilder<'image'> = {
  build({ caption, viewOnce }, parts) {
    const { upload, mimeType, width, height, thumbnail } = requireMedia(parts);
    return {
      imageMessage: proto.Message.ImageMessage.create({
        ...upload,
        mimetype: mimeType,
        width: width ?? null,
        height: height ?? null,
        jpegThumbnail: thumbnail ?? null,
        ...(caption ? { caption } : {}),
        ...(viewOnce ? { viewOnce } : {}),
        ...withContext(parts.contextInfo),
      }),
    };
  },
};
