import { isAcknowledged, isFailure, type MessageRecord } from '@pombo/contracts';
import type { Watch } from './outcome-waiter.js';

export interface AwaitOutcomeParts {
  readonly watch: Watch;
  readonly read: () => Promise<MessageRecord | undefined>;
  readonly timeoutMs: number;
  /** The client left. */
  readonly signal: AbortSignal;
}

/** @returns the record once the message is acknowledged or failed; undefined when it is not so in time. */
export async function awaitOutcome(parts: AwaitOutcomeParts): Promise<MessageRecord | undefined> {
  const { watch, timeoutMs, signal } = parts;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const record = await readIfPossible(parts);
    if (record && (isAcknowledged(record.state) || isFailure(record.state))) return record;
    const leftMs = deadline - performance.now();
    if (leftMs <= 0 || signal.aborted || !watch.open) return undefined;
    await watch.next(leftMs, signal);
  }
}

/** The message has been accepted, and no trouble with Redis may turn that into an error any more. */
async function readIfPossible({ read }: AwaitOutcomeParts): Promise<MessageRecord | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
