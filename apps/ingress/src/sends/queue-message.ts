/** Makes a message durable: record and job in one round trip. Only after this a client hears 202. */
import { describeError } from '@pombo/runtime';
import type { MessageDraft } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import type { RequestContext } from '../http/request-context.js';
import { queueUnavailable } from '../http/to-pombo-error.js';
import { exchange, requireWritten } from './exchange.js';

/**
 * @throws PomboError RATE_LIMITED, DEVICE_NOT_FOUND or DEVICE_NOT_READY when the message was refused; QUEUE_UNAVAILABLE,
 * with the message's id when it may exist all the same.
 */
export type QueueMessage = (draft: MessageDraft, context: RequestContext) => Promise<void>;

export function createQueueMessage({ store, producer, metrics, logger }: AppParts): QueueMessage {
  const { redis, messages } = store;

  /** The job stood behind the accept in one pipeline, so it is there although the message is not. */
  const removeJob = async ({ id, deviceId }: MessageDraft): Promise<void> => {
    try {
      await producer.remove(id, deviceId);
    } catch (error) {
      // A worker that takes it up finds no message and lets it go.
      logger.warn('the job of a refused message stayed behind', { messageId: id, ...describeError(error) });
    }
  };

  return async (draft, { requestId, redisBudget }) => {
    const { id, deviceId, priority, delayMs } = draft;
    const pipeline = redis.pipeline();
    messages.accept(pipeline, draft);
    await producer.add(pipeline, { messageId: id, deviceId, priority, requestId, delayMs });
    // Nothing leaves a connection that is not ready, so the client need not wonder whether its message exists.
    if (redis.status !== 'ready') throw queueUnavailable();
    const [accepted, added] = await exchange(pipeline, redisBudget, id);
    requireWritten(accepted, id);
    try {
      messages.readAccepted(accepted?.[1]);
    } catch (refusal) {
      await removeJob(draft);
      throw refusal;
    }
    requireWritten(added, id);
    metrics.accepted.inc({ type: draft.content.type });
  };
}
