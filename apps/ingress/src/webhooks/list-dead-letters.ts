/** The events of an endpoint that were given up. */
import { rfc3339 } from '@pombo/contracts';
import { type DeadLetter, isReceivedEvent, type Store, type WebhookName } from '@pombo/store';

export async function listDeadLetters({ webhooks, received }: Store, name: WebhookName, limit: number) {
  const letters = await webhooks.log.deadLetters(name, limit);
  return Promise.all(letters.map(async (letter) => describeLetter(letter, await messageIdOf(letter, received))));
}

/** As the event's body has it; Pombo's own name of a received message says nothing to anybody else. */
async function messageIdOf({ event }: DeadLetter, received: Store['received']): Promise<string | undefined> {
  if (!isReceivedEvent(event)) return event.messageId;
  return (await received.read(event.deviceId, event.messageId ?? ''))?.message.messageId;
}

function describeLetter({ event, attempts, status, error, at }: DeadLetter, messageId: string | undefined) {
  return {
    ...{ event_id: event.id, event: event.event, message_id: messageId ?? null, device_id: event.deviceId },
    ...{ attempts, last_status: status === 0 ? null : status, last_error: error === '' ? null : error },
    ...{ timestamp: rfc3339(event.at), given_up_at: rfc3339(at) },
  };
}
