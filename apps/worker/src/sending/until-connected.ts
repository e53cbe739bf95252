import type { MessageRecord } from '@pombo/contracts';
import { JobReleased } from '@pombo/queue';
import type { SendContext } from './send-context.js';

/** The message's time ran out while it waited for its device. */
export class ExpiredWhileWaiting extends Error {
  constructor() {
    super('the message expired while it waited for its device');
    this.name = 'ExpiredWhileWaiting';
  }
}

/** Longest span a Node timer can be set to, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits for the device. A message that may have left does not expire any more.
 * @throws ExpiredWhileWaiting, or JobReleased when the device is given up.
 */
export async function untilConnected(record: MessageRecord, { session, signal }: SendContext): Promise<void> {
  if (session.state === 'connected') return;
  const leftMs = Math.min(Math.max(record.expiresAt - Date.now(), 0), LONGEST_TIMER_MS);
  const expiry = record.dispatchedAt === undefined ? AbortSignal.timeout(leftMs) : undefined;
  try {
    await session.whenConnected(expiry ? AbortSignal.any([signal, expiry]) : signal);
  } catch (error) {
    if (expiry?.aborted && !signal.aborted) throw new ExpiredWhileWaiting();
    throw new JobReleased({ cause: error });
  }
}
