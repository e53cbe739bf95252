import { UNNAMED_DOCUMENT } from '@pombo/contracts';
import { proto } from '@whiskeysockets/baileys';
import { type MessageBuilder, requireMedia, withContext } from './message-builder.js';

export const documentMessage: MessageBuilder<'document'> = {
  build({ caption, file_name: fileName = UNNAMED_DOCUMENT }, parts) {
    const { upload, mimeType, thumbnail, pages } = requireMedia(parts);
    return {
      documentMessage: proto.Message.DocumentMessage.create({
        ...upload,
        mimetype: mimeType,
        fileName,
        ...(pages ? { pageCount: pages } : {}),
        ...(thumbnail ? { jpegThumbnail: thumbnail } : {}),
        ...(caption ? { caption } : {}),
        ...withContext(parts.contextInfo),
      }),
    };
  },
};
