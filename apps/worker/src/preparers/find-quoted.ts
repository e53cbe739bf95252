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
  if ('messageId' in quoted) return findSent(quoted.messageId, chatJid, record.tenantId, context);
  const { id, fromMe, participant } = quoted.key;
  return {
    id,
    participant: fromMe ? ownJid : (participant ?? chatJid),
    message: { conversation: quoted.message.conversation },
  };
}

async function findSent(
  messageId: string,
  chatJid: string,
  tenantId: string,
  context: SendContext,
): Promise<QuotedMessage | undefined> {
  if (!isMessageId(messageId)) return undefined;
  const { store } = context;
  const [record, sent] = await Promise.all([store.messages.read(messageId), store.sentMessages.read(messageId)]);
  if (!sent || record?.tenantId !== tenantId) return undefined;
  const participant = await jidOf(record.deviceId, context);
  if (participant === undefined) return undefined;
  const elsewhere = record.chatJid !== undefined && record.chatJid !== chatJid ? { remoteJid: record.chatJid } : {};
  return { id: messageId, participant, message: quotableMessage(sent), ...elsewhere };
}

/** Who wrote a message of ours: the account of the device that sent it, which need not be the one that quotes it. */
async function jidOf(deviceId: string, { store, session, deviceId: ownId }: SendContext): Promise<string | undefined> {
  return deviceId === ownId ? session.ownJid : (await store.devices.read(deviceId))?.jid;
}
