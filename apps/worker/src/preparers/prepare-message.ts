/** From stored content to a protobuf: media fetched and uploaded, quote found, message built. */
import { keysOf, type MessageContent, type MessageRecord, recipientKind, SEND_TYPES } from '@pombo/contracts';
import { buildContextInfo, buildMessage, carriedContext, isViewOnce } from '@pombo/whatsapp';
import type { SendContext } from '../sending/send-context.js';
import { findQuoted } from './find-quoted.js';
import { prepareMedia } from './prepare-media.js';
import type { PreparedMessage } from './prepared-message.js';

/** Types that can be asked to be seen once. */
const VIEW_ONCE_TYPES: ReadonlySet<string> = new Set(
  Object.entries(SEND_TYPES).flatMap(([type, { schema }]) => (keysOf(schema).includes('viewOnce') ? [type] : [])),
);

/** @throws PomboError with the code the message ends with. */
export async function prepareMessage(
  content: MessageContent,
  chatJid: string,
  record: MessageRecord,
  context: SendContext,
): Promise<PreparedMessage> {
  const prepared = await prepareMedia(content, chatJid, record, context);
  // As in Baileys, nothing is quoted in a newsletter.
  const quotes = recipientKind(chatJid) === 'newsletter' ? undefined : content.quoted;
  const quoted = await findQuoted(quotes, chatJid, record, context);
  const mentioned = content.mentioned ?? [];
  const contextInfo = buildContextInfo({ mentioned, ...(quoted ? { quoted } : {}) });
  const message = buildMessage(content, { chatJid, media: prepared?.media, contextInfo });
  // What the message carries, not what was asked for: a reaction has no room for either.
  const { mentions, quote } = carriedContext(message);
  return {
    message,
    metadata: {
      ...prepared?.metadata,
      ...(VIEW_ONCE_TYPES.has(content.type) ? { view_once_enabled: isViewOnce(content) } : {}),
      mentions_processed: mentions,
      quoted_message_found: quote,
    },
  };
}
