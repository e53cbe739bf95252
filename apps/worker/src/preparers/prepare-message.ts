/** The table message type → how it is prepared: a new type is one row. */
import type { MessageContent, MessageRecord } from '@pombo/contracts';
import type { SendContext } from '../sending/send-context.js';
import { prepareImage } from './prepare-image.js';
import type { PreparedMessage } from './prepared-message.js';

type Preparers = {
  readonly [T in MessageContent['type']]: (
    content: Extract<MessageContent, { type: T }>,
    chatJid: string,
    record: MessageRecord,
    context: SendContext,
  ) => Promise<PreparedMessage>;
};

const PREPARERS: Preparers = { image: prepareImage };

export function prepareMessage(
  content: MessageContent,
  chatJid: string,
  record: MessageRecord,
  context: SendContext,
): Promise<PreparedMessage> {
  return PREPARERS[content.type](content, chatJid, record, context);
}
