import { isMessageId, type MessageRecord, type Quoted } from '@pombo/contracts';
import { quotableMessage, type QuotedMessage } from '@pombo/whatsapp';
import type { SendContext } from '../sending/send-context.js';

/**
 * Finds the message being answered: given whole by the client, or one this gateway sent lately for the same tenant.
 * @returns undefined when nothing is quoted or it is not known (any more): the message goes out without the quote.
 */
export async function findQuoted(
  quoted: Quoted | undefined,
  chatJid: string,
  record: MessageRecord,
  context: SendContext,
): Promise<QuotedMessage | undefined> {
  if (!quoted) return undefined;
  const ownJid = context.session.ownJid ?? '';
  if ('messageId' in quoted) return findSent(quoted.messageId, record.tenantId, ownJid, context);
  const { id, fromMe, participant } = quoted.key;
  return {
    id,
    participant: fromMe ? ownJid : (participant ?? chatJid),
    message: { conversation: quoted.message.conversation },
  };
}

async function findSent(
  messageId: string,
  tenantId: string,
  ownJid: string,
  { store }: SendContext,
): Promise<QuotedMessage | undefined> {
  if (!isMessageId(messageId)) return undefined;
  const [record, sent] = await Promise.all([store.messages.read(messageId), store.sentMessages.read(messageId)]);
  if (!sent || record?.tenantId !== tenantId) return undefined;
  return { id: messageId, participant: ownJid, message: quotableMessage(sent) };
}
