/**
 * How far a message has come, in the four words that clients of the public API know. All that comes before delivery is
 * `pending`, and so is a message that will never be delivered: such a client has no word for it. `state` has Pombo's
 * own, and `error_code` says why it ended.
 */
import { type MessageRecord, type MessageState, recipientKind } from '@pombo/contracts';
import { rfc3339 } from '../http/rfc3339.js';

const DELIVERED: ReadonlySet<MessageState> = new Set<MessageState>(['delivered', 'read', 'played']);

export function buildMessageStatus(record: MessageRecord) {
  const chatJid = record.chatJid ?? record.to;
  return {
    success: true,
    message_id: record.id,
    chat_jid: chatJid,
    is_group: recipientKind(chatJid) === 'group',
    status: DELIVERED.has(record.state) ? record.state : 'pending',
    state: record.state,
    delivered_at: timeOrNull(record.deliveredAt),
    read_at: timeOrNull(record.readAt),
    played_at: timeOrNull(record.playedAt),
    ...(record.error === undefined ? {} : { error: record.error }),
    ...(record.errorCode === undefined ? {} : { error_code: record.errorCode }),
  };
}

function timeOrNull(at: number | undefined): string | null {
  return at === undefined ? null : rfc3339(at);
}
