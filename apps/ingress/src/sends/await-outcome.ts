import { isAcknowledged, isFailure, type MessageRecord } from '@pombo/contracts';
import type { Watch } from './outcome-waiter.js';

export interface AwaitOutcomeParts {
  readonly watch: Watch;
  /** @param told on the channel of the outcome, when anything was. */
  readonly read: (told: string | undefined) => Promise<MessageRecord | undefined>;
  /** The message may have been accepted long ago, and what became of it have been told before anybody listened. */
  readonly mayBeOver: boolean;
  readonly timeoutMs: number;
  /** The client left. */
  readonly signal: AbortSignal;
}

/** @returns the record once the message is acknowledged or failed; undefined when it is not so in time. */
export async function awaitOutcome(parts: AwaitOutcomeParts): Promise<MessageRecord | undefined> {
  const { watch, mayBeOver, timeoutMs, signal } = parts;
  const deadline = performance.now() + timeoutMs;
  let record = mayBeOver ? await readIfPossible(parts) : undefined;
  for (;;) {
    if (record && (isAcknowledged(record.state) || isFailure(record.state))) return record;
    const leftMs = deadline - performance.now();
    if (leftMs <= 0 || signal.aborted || !watch.open) return undefined;
    record = await readIfPossible(parts, await watch.next(leftMs, signal));
  }
}

/** The message has been accepted, and no trouble with Redis may turn that into an error any more. */
async function readIfPossible({ read }: AwaitOutcomeParts, told?: string): Promise<MessageRecord | undefined> {
  try {
    return await read(told);
  } catch {
    return undefined;
  }
}
