/** Sends a pipeline that writes a message. From then on the message may exist, so every failure carries its id. */
import { PomboError } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { RedisBudget } from '../http/redis-budget.js';
import { isQueueFailure, queueUnavailable } from '../http/to-pombo-error.js';

export type Reply = readonly [error: Error | null, value: unknown];

/** @throws PomboError QUEUE_UNAVAILABLE or INTERNAL_ERROR when it cannot be told what was written. */
export async function exchange(
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

/** @throws PomboError as `exchange` */
export function requireWritten(reply: Reply | undefined, messageId: string): void {
  if (reply && reply[0] === null) return;
  throw unwritten(reply?.[0] ?? new Error('the pipeline did not hold the command'), messageId);
}

function unwritten(cause: unknown, messageId: string): PomboError {
  if (isQueueFailure(cause)) return queueUnavailable(cause, messageId);
  return new PomboError('INTERNAL_ERROR', 'something went wrong inside', { cause, messageId });
}
