import type { MessageRecord } from '@pombo/contracts';
import type { MessageDraft } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import type { RequestContext } from '../http/request-context.js';
import { awaitOutcome } from './await-outcome.js';
import type { QueueMessage } from './queue-message.js';

/** @returns the record when its outcome is known in time. @throws what `QueueMessage` throws. */
export type QueueAndWait = (
  draft: MessageDraft,
  context: RequestContext,
  timeoutMs: number,
  clientLeft: AbortSignal,
) => Promise<MessageRecord | undefined>;

export function createQueueAndWait(
  { outcomes, store }: Pick<AppParts, 'outcomes' | 'store'>,
  queueMessage: QueueMessage,
): QueueAndWait {
  return async (draft, context, timeoutMs, clientLeft) => {
    // Before the accept: a fast worker is done before its answer is here.
    const watch = outcomes.watch(draft.id);
    try {
      await queueMessage(draft, context);
      return await awaitOutcome({ watch, read: () => store.messages.read(draft.id), timeoutMs, signal: clientLeft });
    } finally {
      watch.release();
    }
  };
}
