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
const STAMP_NAMES = Object.entries(STAMPS);

/** The message without an envelope: an element of a list, the `data` of an event. */
export function describeMessage(record: MessageRecord) {
  const chatJid = record.chatJid ?? record.to;
  const told: Record<string, unknown> = {
    message_id: record.id,
    job_id: record.id,
    status: record.state,
    type: record.type,
    chat_jid: chatJid,
    is_group: recipientKind(chatJid) === 'group',
    device_id: record.deviceId,
    user_id: record.userId,
  };
  if (record.clientReference !== undefined) told['client_reference'] = record.clientReference;
  if (record.retryOf !== undefined) told['retry_of'] = record.retryOf;
  told['priority'] = record.priority;
  told['sequence'] = record.sequence;
  told['attempts'] = record.attempts;
  told['timestamp'] = rfc3339(reachedAt(record));
  told['queued_at'] = rfc3339(record.queuedAt);
  for (const [name, field] of STAMP_NAMES) {
    const at = record[field];
    if (at !== undefined) told[name] = rfc3339(at);
  }
  if (record.error !== undefined) told['error'] = record.error;
  if (record.errorCode !== undefined) told['error_code'] = record.errorCode;
  told['metadata'] = sendMetadata(record);
  return told;
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

/** When the message came to be in the state it is in, in milliseconds since the epoch. */
function reachedAt(record: MessageRecord): number {
  const field = `${record.state}At` as const;
  return record[field] ?? record.queuedAt;
}
