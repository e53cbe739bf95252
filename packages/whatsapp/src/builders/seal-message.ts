import { randomBytes } from 'node:crypto';
import { proto } from '@whiskeysockets/baileys';

/** Bytes of the secret from which reporting tokens are made. */
const MESSAGE_SECRET_BYTES = 32;

/**
 * Wraps a message for single viewing where asked, and gives it its secret, as Baileys' own `sendMessage` does: every
 * message has one but a reaction.
 */
export function sealMessage(message: proto.IMessage, { viewOnce }: { viewOnce: boolean }): proto.Message {
  if (message.reactionMessage) return proto.Message.create(message);
  const outer = viewOnce ? { viewOnceMessage: { message } } : message;
  return proto.Message.create({ ...outer, messageContextInfo: { messageSecret: randomBytes(MESSAGE_SECRET_BYTES) } });
}
