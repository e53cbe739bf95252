import type { MessageRecord } from '@pombo/contracts';
import { JobReleased } from '@pombo/queue';
import { ExpiredWhileWaiting } from './errors.js';
import type { SendContext } from './send-context.js';

/** Longest span a Node timer can be set to, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits for the device. A message that may have left does not expire any more.
 * @throws ExpiredWhileWaiting, or JobReleased when the device is given up.
 */
export async function untilConnected(record: MessageRecord, { session, signal }: SendContext): Promise<void> {
  if (session.state === 'connected') return;
  const expiry = record.dispatchedAt === undefined ? AbortSignal.timeout(leftMs(record)) : undefined;
  try {
    await session.whenConnected(expiry ? AbortSignal.any([signal, expiry]) : signal);
  } catch (error) {
    if (expiry?.aborted && !signal.aborted) throw new ExpiredWhileWaiting();
    throw new JobReleased({ cause: error });
  }
}

/**
 * What `work` brings, if it does before the message's time is up.
 * @throws ExpiredWhileWaiting; JobReleased when the device is given up.
 */
export async function unlessExpired<T>(record: MessageRecord, { signal }: SendContext, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let release: () => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    release = () => reject(new JobReleased());
    signal.addEventListener('abort', release, { once: true });
    if (record.dispatchedAt === undefined) timer = setTimeout(() => reject(new ExpiredWhileWaiting()), leftMs(record));
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', release);
  }
}

/** How long the message may still wait, in milliseconds. */
const leftMs = ({ expiresAt }: MessageRecord): number =>
  Math.min(Math.max(expiresAt - Date.now(), 0), LONGEST_TIMER_MS);
