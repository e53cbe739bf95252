/** The three answers to a send: accepted, sent, failed. */
import { ERROR_CODES, type MessageRecord, type MessageType, PomboError, sendMetadata } from '@pombo/contracts';
import type { MessageDraft } from '@pombo/store';
import { rfc3339 } from '../http/rfc3339.js';
import type { Warning } from './send-validator.js';

/** The compatible API has a sentence in its answer to a list, and nowhere else. */
const withSentence = (type: MessageType, message: string) => (type === 'interactive' ? { message } : {});
const withWarnings = (warnings: readonly Warning[]) => (warnings.length > 0 ? { warnings } : {});

/**
 * 202: durable, not sent yet. The chat is the number's own JID until WhatsApp has been asked.
 * @param at when the request was first made, in milliseconds since the epoch.
 */
export function buildAccepted({ id, deviceId, to, content }: MessageDraft, at: number, warnings: readonly Warning[]) {
  return {
    success: true,
    message_id: id,
    job_id: id,
    timestamp: rfc3339(at),
    status: 'queued',
    chat_jid: to,
    device_id: deviceId,
    ...withSentence(content.type, 'The list is queued.'),
    ...withWarnings(warnings),
  };
}

/** 200: WhatsApp's server has it. */
export function buildSent(record: MessageRecord, warnings: readonly Warning[]) {
  return {
    success: true,
    message_id: record.id,
    job_id: record.id,
    timestamp: rfc3339(record.sentAt ?? Date.now()),
    status: 'sent',
    chat_jid: record.chatJid ?? record.to,
    device_id: record.deviceId,
    ...withSentence(record.type, 'The list was sent.'),
    metadata: sendMetadata(record),
    ...withWarnings(warnings),
  };
}

const OUTCOME_TEXTS = {
  failed: 'the message could not be sent',
  canceled: 'the message was canceled',
  expired: 'the message expired before it could be sent',
} as const;

/** What a message ended with, as the error a request that waited answers. */
export function outcomeError(record: MessageRecord): PomboError {
  const end = record.state === 'canceled' || record.state === 'expired' ? record.state : 'failed';
  const implied = { failed: 'INTERNAL_ERROR', canceled: 'CANCELED', expired: 'EXPIRED' } as const;
  // A worker of a later version may know codes that this process does not.
  const code = record.errorCode !== undefined && record.errorCode in ERROR_CODES ? record.errorCode : implied[end];
  return new PomboError(code, record.error ?? OUTCOME_TEXTS[end], { messageId: record.id });
}
