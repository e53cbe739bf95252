/** The body of an event. The same on every attempt, since it tells how things were when the event came to be. */
import { describeMessage, type MessageRecord, messageAsOf, type OutboxEvent, rfc3339 } from '@pombo/contracts';

/** @param record of the message the event is about, if it is about one and is still remembered. */
export function buildBody(event: OutboxEvent, record: MessageRecord | undefined): string {
  return JSON.stringify({
    id: event.id,
    event: event.event,
    timestamp: Math.floor(event.at / 1000),
    device_id: event.deviceId || null,
    user_id: record?.userId ?? null,
    data: buildData(event, record),
  });
}

function buildData(event: OutboxEvent, record: MessageRecord | undefined) {
  if (record) return describeMessage(messageAsOf(record, event));
  if (event.messageId !== undefined) return describeForgotten(event);
  return { ...(event.deviceId ? { device_id: event.deviceId } : {}), timestamp: rfc3339(event.at), ...event.data };
}

/** The event was kept longer than the message. */
function describeForgotten({ messageId, deviceId, event, errorCode, at }: OutboxEvent) {
  return {
    message_id: messageId,
    job_id: messageId,
    status: event.slice(event.indexOf('.') + 1),
    device_id: deviceId,
    timestamp: rfc3339(at),
    ...(errorCode === undefined ? {} : { error_code: errorCode }),
  };
}
