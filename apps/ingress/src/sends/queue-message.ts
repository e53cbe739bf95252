/** Makes a message durable: record and job in one step, and one round trip. Only after this a client hears 202. */
import { type MessageState, PomboError } from '@pombo/contracts';
import type { MessageDraft } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import type { RequestContext } from '../http/request-context.js';
import { isQueueFailure, queueUnavailable } from '../http/to-pombo-error.js';

/**
 * Idempotent by the message's id.
 * @returns the state of a message that had been accepted before.
 * @throws PomboError RATE_LIMITED, DEVICE_NOT_FOUND or DEVICE_NOT_READY when the message was refused; QUEUE_UNAVAILABLE or
 * INTERNAL_ERROR, with the message's id when it may exist all the same.
 */
export type QueueMessage = (draft: MessageDraft, context: RequestContext) => Promise<MessageState | undefined>;

export function createQueueMessage({ store, producer, metrics }: AppParts): QueueMessage {
  const { redis, messages } = store;
  return async (draft, { requestId, redisBudget }) => {
    const { id, deviceId, priority, sendAt = 0 } = draft;
    const delayMs = Math.max(0, sendAt - Date.now());
    const job = await producer.describe({ messageId: id, deviceId, priority, requestId, delayMs });
    // Nothing leaves a connection that is not ready, so the client need not wonder whether its message exists.
    if (redis.status !== 'ready') throw queueUnavailable();
    try {
      const { known } = await redisBudget.spendOnLast(messages.accept(draft, job));
      if (known === undefined) metrics.accepted.inc({ type: draft.content.type });
      return known;
    } catch (cause) {
      throw cause instanceof PomboError ? cause : perhapsWritten(cause, id);
    }
  };
}

/** From here on the message may exist, so the failure carries its id. */
function perhapsWritten(cause: unknown, messageId: string): PomboError {
  if (isQueueFailure(cause)) return queueUnavailable(cause, messageId);
  return new PomboError('INTERNAL_ERROR', 'something went wrong inside', { cause, messageId });
}
