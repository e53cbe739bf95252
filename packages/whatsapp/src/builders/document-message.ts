import { proto } from '@whiskeysockets/baileys';
import { type MessageBuilder, requireMedia, withContext } from './message-builder.js';

/** What Baileys calls a document nobody named. */
const UNNAMED = 'file';

export const documentMessage: MessageBuilder<'document'> = {
  build({ caption, file_name: fileName = UNNAMED }, parts) {
    const { upload, mimeType, thumbnail } = requireMedia(parts);
    return {
      documentMessage: proto.Message.DocumentMessage.create({
        ...upload,
        mimetype: mimeType,
        fileName,
        ...(thumbnail ? { jpegThumbnail: thumbnail } : {}),
        ...(caption ? { caption } : {}),
        ...withContext(parts.contextInfo),
      }),
    };
  },
};
