import { PomboError, recipientKind } from '@pombo/contracts';
import type { SendContext } from './send-context.js';

/**
 * The chat a message goes to, as WhatsApp knows it. Asked once per number for days, whoever asks.
 * @throws PomboError RECIPIENT_NOT_ON_WHATSAPP
 */
export async function resolveChat(to: string, { store, session }: SendContext): Promise<string> {
  if (recipientKind(to) !== 'user') return to;
  const number = to.slice(0, to.indexOf('@'));
  const known = await store.recipients.readResolved(number);
  const chatJid = known ? known.chatJid : await session.resolveRecipient(to);
  if (!known) await store.recipients.saveResolved(number, { chatJid });
  if (chatJid === undefined) {
    throw new PomboError('RECIPIENT_NOT_ON_WHATSAPP', 'the recipient’s number is not on WhatsApp');
  }
  return chatJid;
}
