import { proto } from '@whiskeysockets/baileys';
import { type MessageBuilder, requireMedia, withContext } from './message-builder.js';

export const videoMessage: MessageBuilder<'video'> = {
  build({ caption, viewOnce, gifPlayback }, parts) {
    const { upload, mimeType, width, height, seconds, thumbnail } = requireMedia(parts);
    return {
      videoMessage: proto.Message.VideoMessage.create({
        ...upload,
        mimetype: mimeType,
        width: width ?? null,
        height: height ?? null,
        seconds: seconds ?? null,
        jpegThumbnail: thumbnail ?? null,
        ...(caption ? { caption } : {}),
        ...(gifPlayback ? { gifPlayback } : {}),
        ...(viewOnce ? { viewOnce } : {}),
        ...withContext(parts.contextInfo),
      }),
    };
  },
};
