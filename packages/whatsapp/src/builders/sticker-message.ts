import { proto } from '@whiskeysockets/baileys';
import { type MessageBuilder, requireMedia, withContext } from './message-builder.js';

export const stickerMessage: MessageBuilder<'sticker'> = {
  build(_content, parts) {
    const { upload, mimeType, width, height, animated } = requireMedia(parts);
    return {
      stickerMessage: proto.Message.StickerMessage.create({
        ...upload,
        mimetype: mimeType,
        width: width ?? null,
        height: height ?? null,
        // Without it an animated sticker stands still.
        ...(animated ? { isAnimated: true } : {}),
        ...withContext(parts.contextInfo),
      }),
    };
  },
};
