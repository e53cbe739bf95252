/** Makes a message durable: record and job in one round trip. Only after this a client hears 202. */
import { PomboError } from '@pombo/contracts';
import { describeError, type Redis } from '@pombo/runtime';
import type { MessageDraft } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import type { RedisBudget } from '../http/redis-budget.js';
import type { RequestContext } from '../http/request-context.js';
import { isQueueFailure, queueUnavailable } from '../http/to-pombo-error.js';

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

type Reply = readonly [error: Error | null, value: unknown];

/** Sends the pipeline. From here on the message may exist whatever happens, so every failure carries its id. */
async function exchange(
  pipeline: ReturnType<Redis['pipeline']>,
  budget: RedisBudget,
  messageId: string,
): Promise<Reply[]> {
  try {
    return (await budget.spend(pipeline.exec())) ?? [];
  } catch (cause) {
    throw unwritten(cause, messageId);
  }
}

function requireWritten(reply: Reply | undefined, messageId: string): void {
  if (reply && reply[0] === null) return;
  throw unwritten(reply?.[0] ?? new Error('the pipeline did not hold the command'), messageId);
}

function unwritten(cause: unknown, messageId: string): PomboError {
  if (isQueueFailure(cause)) return queueUnavailable(cause, messageId);
  return new PomboError('INTERNAL_ERROR', 'something went wrong inside', { cause, messageId });
}
