/**
 * Makes the message of an `Idempotency-Key` durable, once, however often and from wherever it is asked: whatever an
 * earlier request with the key left undone is done now.
 */
import { describeError } from '@pombo/runtime';
import type { Intent, IntentName, MessageDraft } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import type { RequestContext } from '../http/request-context.js';
import type { QueueMessage } from './queue-message.js';

/** @returns whether the message had been accepted before. @throws PomboError as `QueueMessage` */
export type QueueOnce = (
  draft: MessageDraft,
  intent: { readonly name: IntentName; readonly standing: Intent },
  context: RequestContext,
) => Promise<{ readonly repeated: boolean }>;

export function createQueueOnce({ store: { intents }, logger }: AppParts, queueMessage: QueueMessage): QueueOnce {
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
    const known = await queueMessage(draft, context);
    await finish(name, standing, context);
    return { repeated: known !== undefined };
  };
}
