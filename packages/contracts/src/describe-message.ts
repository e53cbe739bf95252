/** A message as the API and the events show it: what isn't known is absent. */
import type { MessageRecord } from './message-record.js';
import { recipientKind } from './recipient.js';
import { rfc3339 } from './rfc3339.js';

const STAMPS = {
  send_at: 'sendAt',
  expires_at: 'expiresAt',
  processing_at: 'processingAt',
  dispatched_at: 'dispatchedAt',
  sent_at: 'sentAt',
  delivered_at: 'deliveredAt',
  read_at: 'readAt',
  played_at: 'playedAt',
  failed_at: 'failedAt',
  canceled_at: 'canceledAt',
  expired_at: 'expiredAt',
} as const satisfies Record<string, keyof MessageRecord>;

/** The message without an envelope: an element of a list, the `data` of an event. */
export function describeMessage(record: MessageRecord) {
  const chatJid = record.chatJid ?? record.to;
  return {
    message_id: record.id,
    job_id: record.id,
    status: record.state,
    type: record.type,
    chat_jid: chatJid,
    is_group: recipientKind(chatJid) === 'group',
    device_id: record.deviceId,
    user_id: record.userId,
    ...(record.clientReference === undefined ? {} : { client_reference: record.clientReference }),
    ...(record.retryOf === undefined ? {} : { retry_of: record.retryOf }),
    priority: record.priority,
    sequence: record.sequence,
    attempts: record.attempts,
    timestamp: rfc3339(reachedAt(record)),
    queued_at: rfc3339(record.queuedAt),
    ...stamps(record),
    ...(record.error === undefined ? {} : { error: record.error }),
    ...(record.errorCode === undefined ? {} : { error_code: record.errorCode }),
    metadata: sendMetadata(record),
  };
}

/** What was measured while the message was sent, with whom and when. */
export function sendMetadata(record: MessageRecord) {
  return {
    device_id: record.deviceId,
    user_id: record.userId,
    ...record.metadata,
    ...(record.sentAt === undefined ? {} : { sent_at: rfc3339(record.sentAt) }),
  };
}

function stamps(record: MessageRecord): Record<string, string> {
  const known: Record<string, string> = {};
  for (const [name, field] of Object.entries(STAMPS)) {
    const at = record[field];
    if (at !== undefined) known[name] = rfc3339(at);
  }
  return known;
}

/** When the message came to be in the state it is in, in milliseconds since the epoch. */
function reachedAt(record: MessageRecord): number {
  const field = `${record.state}At` as const;
  return record[field] ?? record.queuedAt;
}
