/** The body of an event. The same on every attempt, since it tells how things were when the event came to be. */
import {
  describeMessage,
  type MessageRecord,
  messageAsOf,
  type OutboxEvent,
  rfc3339,
  type StoredReceived,
} from '@pombo/contracts';
import { isReceivedEvent } from '@pombo/store';
import { describeReceived } from './describe-received.js';

/** What an event is about, as far as it is still remembered. */
export interface EventSubject {
  readonly record?: MessageRecord | undefined;
  readonly received?: StoredReceived | undefined;
}

export function buildBody(event: OutboxEvent, subject: EventSubject): string {
  return JSON.stringify({
    id: event.id,
    event: event.event,
    timestamp: Math.floor(event.at / 1000),
    device_id: event.deviceId || null,
    user_id: subject.record?.userId ?? null,
    data: buildData(event, subject),
  });
}

function buildData(event: OutboxEvent, { record, received }: EventSubject) {
  if (received) return describeReceived(received);
  if (record) return describeMessage(messageAsOf(record, event));
  if (event.messageId !== undefined) return describeForgotten(event);
  return {
    ...(event.deviceId ? { device_id: event.deviceId } : {}),
    timestamp: rfc3339(event.at),
    ...(event.errorCode === undefined ? {} : { error_code: event.errorCode }),
    ...event.data,
  };
}

/** The event was kept longer than the message. WhatsApp's id of one that somebody wrote to us was in the message alone. */
function describeForgotten(told: OutboxEvent) {
  const { messageId, deviceId, event, errorCode, at } = told;
  return {
    ...(isReceivedEvent(told) ? {} : { message_id: messageId, job_id: messageId }),
    status: event.slice(event.indexOf('.') + 1),
    device_id: deviceId,
    timestamp: rfc3339(at),
    ...(errorCode === undefined ? {} : { error_code: errorCode }),
  };
}
