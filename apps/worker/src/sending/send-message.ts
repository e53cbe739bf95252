/** One message from taking it up to recording what became of it. */
import { type MessageRecord, PomboError } from '@pombo/contracts';
import { describeError } from '@pombo/runtime';
import { JobReleased, type TakenJob } from '@pombo/queue';
import { pause } from './pause.js';
import { dispatchSend } from './dispatch-send.js';
import type { Turn } from './dispatcher.js';
import { ExpiredWhileWaiting, HeldBack } from './errors.js';
import { prepareSend } from './prepare-send.js';
import { actionFor, STAND_BY_MS } from './retry-policy.js';
import type { SendContext } from './send-context.js';

const CLOCK_CHECK_MS = 1000;

/**
 * Resolves when the outcome is recorded.
 * @throws JobReleased when the device was given up before that; HeldBack when the chat may not be written to yet.
 */
export async function sendMessage(job: TakenJob, turn: Turn, context: SendContext): Promise<void> {
  const { store, deviceId, epoch, logger } = context;
  const { messageId, requestId } = job;
  const begun = await untilTaken(() => store.messages.begin(messageId, deviceId, epoch), context);
  if (begun.verdict === 'stale') throw new JobReleased();
  if (begun.verdict !== 'go') return;
  const { record, content } = begun;
  logger.debug('message taken up', { messageId, requestId });
  try {
    const ready = await prepareSend(record, content, context);
    await turn.first(record.dispatchedAt === undefined);
    if (await dispatchSend(record, content, ready, turn, context)) await recordSent(record, requestId, context);
  } catch (error) {
    if (error instanceof JobReleased || error instanceof HeldBack) throw error;
    if (error instanceof ExpiredWhileWaiting) return letExpire(messageId, context);
    await recordFailed(record, requestId, error, context);
  }
}

/**
 * Expiry is Redis' to decide, by its own clock, which may be a little behind ours.
 * @throws JobReleased when the device was given up before that.
 */
export async function letExpire(messageId: string, context: SendContext): Promise<void> {
  const { store, deviceId, epoch, signal } = context;
  const check = () => store.messages.begin(messageId, deviceId, epoch);
  while ((await untilTaken(check, context)).verdict === 'go') await pause(CLOCK_CHECK_MS, signal);
}

async function recordSent(record: MessageRecord, requestId: string, context: SendContext): Promise<void> {
  const { store, deviceId, metrics, logger } = context;
  // It is sent: whatever Redis says now must not make it a failure.
  await untilTaken(() => store.messages.transition(record.id, deviceId, 'sent'), context);
  metrics.finished.inc({ type: record.type, state: 'sent', code: '' });
  metrics.sendLatencyMs.observe({ type: record.type }, Date.now() - (record.sendAt ?? record.queuedAt));
  logger.info('message sent', { messageId: record.id, requestId });
}

async function recordFailed(
  record: MessageRecord,
  requestId: string,
  error: unknown,
  context: SendContext,
): Promise<void> {
  const { store, deviceId, metrics, logger } = context;
  const failure = error instanceof PomboError ? error : unexpected(error);
  const { code, message } = failure;
  const fail = () => store.messages.transition(record.id, deviceId, 'failed', { error: { code, message } });
  const { changed } = await untilTaken(fail, context);
  // A receipt, or the owner that came after this one, knew better.
  if (!changed) return;
  metrics.finished.inc({ type: record.type, state: 'failed', code });
  logger.warn('message failed', { messageId: record.id, requestId, ...describeError(failure) });
}

/** Does what Redis refuses at the moment as soon as it does not. @throws JobReleased when the device is given up. */
async function untilTaken<T>(work: () => Promise<T>, { signal }: SendContext): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (actionFor(error) !== 'stand-by') throw error;
      await pause(STAND_BY_MS, signal);
    }
  }
}

function unexpected(cause: unknown): PomboError {
  return new PomboError('INTERNAL_ERROR', 'the message could not be sent because of an error in the gateway', {
    cause,
  });
}
