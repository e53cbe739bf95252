import { isJidGroup } from '@whiskeysockets/baileys';
import type { MessageBuilder } from './message-builder.js';

export const reactionMessage: MessageBuilder<'reaction'> = {
  build: ({ messageId, reaction, fromMe, participant }, { chatJid }) => ({
    reactionMessage: {
      key: {
        remoteJid: chatJid,
        fromMe,
        id: messageId,
        ...(participant && isJidGroup(chatJid) ? { participant } : {}),
      },
      text: reaction,
      senderTimestampMs: Date.now(),
    },
  }),
};
