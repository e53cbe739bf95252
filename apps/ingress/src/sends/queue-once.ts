/**
 * Makes the message of an `Idempotency-Key` durable, once, however often and from wherever it is asked: whatever an
 * earlier request with the key left undone is done now.
 *
 * Accept and job do not share a pipeline here. A refused accept would leave a job to take back, and another request with
 * the key may have had the same message accepted meanwhile: it would lose its job.
 */
import { type MessageState } from '@pombo/contracts';
import { describeError } from '@pombo/runtime';
import type { Intent, IntentName, MessageDraft } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import type { RequestContext } from '../http/request-context.js';
import { queueUnavailable } from '../http/to-pombo-error.js';
import { exchange, requireWritten } from './exchange.js';

/** @returns whether the message had been accepted before. @throws PomboError as `QueueMessage` */
export type QueueOnce = (
  draft: MessageDraft,
  intent: { readonly name: IntentName; readonly standing: Intent },
  context: RequestContext,
) => Promise<{ readonly repeated: boolean }>;

export function createQueueOnce({ store, producer, metrics, logger }: AppParts): QueueOnce {
  const { redis, messages, intents } = store;

  /** @returns the state the message was in already. */
  const accept = async (draft: MessageDraft, { redisBudget }: RequestContext): Promise<MessageState | undefined> => {
    const pipeline = redis.pipeline();
    messages.accept(pipeline, draft);
    const [reply] = await exchange(pipeline, redisBudget, draft.id);
    requireWritten(reply, draft.id);
    return messages.readAccepted(reply?.[1]).known;
  };

  /** Adds nothing where the job is. One that comes after the message was settled is dropped by whoever takes it up. */
  const addJob = async (draft: MessageDraft, { requestId, redisBudget }: RequestContext): Promise<void> => {
    const { id, deviceId, priority, delayMs } = draft;
    const pipeline = redis.pipeline();
    await producer.add(pipeline, { messageId: id, deviceId, priority, requestId, delayMs });
    const [reply] = await exchange(pipeline, redisBudget, id);
    requireWritten(reply, id);
  };

  /** Matters only once the record is gone; until then the record itself says that the message was accepted. */
  const finish = async (name: IntentName, standing: Intent, { redisBudget }: RequestContext): Promise<void> => {
    try {
      await redisBudget.spend(intents.update(name, { ...standing, done: true }));
    } catch (error) {
      logger.warn('an idempotency key was not marked as done', {
        messageId: standing.messageId,
        ...describeError(error),
      });
    }
  };

  return async (draft, { name, standing }, context) => {
    if (standing.done) return { repeated: true };
    if (redis.status !== 'ready') throw queueUnavailable();
    const known = await accept(draft, context);
    if (known === undefined || known === 'queued' || known === 'processing') await addJob(draft, context);
    if (known === undefined) metrics.accepted.inc({ type: draft.content.type });
    await finish(name, standing, context);
    return { repeated: known !== undefined };
  };
}
