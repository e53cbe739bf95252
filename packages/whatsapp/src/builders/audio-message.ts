import { proto } from '@whiskeysockets/baileys';
import { type MessageBuilder, requireMedia, withContext } from './message-builder.js';

export const audioMessage: MessageBuilder<'audio'> = {
  build({ ptt, viewOnce, seconds: given }, parts) {
    const { upload, mimeType, seconds = null, waveform } = requireMedia(parts);
    return {
      audioMessage: proto.Message.AudioMessage.create({
        ...upload,
        mimetype: mimeType,
        seconds: given ?? seconds,
        ...(ptt ? { ptt } : {}),
        ...(waveform ? { waveform } : {}),
        ...(viewOnce ? { viewOnce } : {}),
        ...withContext(parts.contextInfo),
      }),
    };
  },
};
