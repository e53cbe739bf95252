/** From stored content to a protobuf: media fetched and uploaded, quote found, message built. */
import type { MessageContent, MessageRecord } from '@pombo/contracts';
import { buildContextInfo, buildMessage } from '@pombo/whatsapp';
import type { SendContext } from '../sending/send-context.js';
import { findQuoted } from './find-quoted.js';
import { prepareMedia } from './prepare-media.js';
import type { PreparedMessage } from './prepared-message.js';

/** @throws PomboError with the code the message ends with. */
export async function prepareMessage(
  content: MessageContent,
  chatJid: string,
  record: MessageRecord,
  context: SendContext,
): Promise<PreparedMessage> {
  const prepared = await prepareMedia(content, context);
  const quoted = await findQuoted(content.quoted, chatJid, record, context);
  const mentioned = content.mentioned ?? [];
  const contextInfo = buildContextInfo({ mentioned, ...(quoted ? { quoted } : {}) });
  return {
    message: buildMessage(content, { chatJid, media: prepared?.media, contextInfo }),
    metadata: {
      ...prepared?.metadata,
      mentions_processed: mentioned.length,
      quoted_message_found: quoted !== undefined,
    },
  };
}
