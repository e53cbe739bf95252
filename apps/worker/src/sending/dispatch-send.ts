/** From a message's turn to its outcome. */
import { type MessageContent, type MessageRecord, PomboError, recipientKind } from '@pombo/contracts';
import { describeError, SECOND } from '@pombo/runtime';
import { NotConnectedError, UnknownOutcomeError } from '@pombo/whatsapp';
import { JobReleased } from '@pombo/queue';
import { pause } from './pause.js';
import type { Turn } from './dispatcher.js';
import { HeldBack } from './errors.js';
import type { ReadySend } from './prepare-send.js';
import { actionFor, STAND_BY_MS } from './retry-policy.js';
import type { SendContext } from './send-context.js';
import { untilConnected } from './until-connected.js';

/**
 * Sends a prepared message and waits for WhatsApp's acknowledgement; an unknown outcome is resolved by sending again
 * under the same id, since a phone shows an id once.
 * @returns false when there was nothing left to do (canceled, expired, acknowledged meanwhile).
 * @throws PomboError when it is final; JobReleased when the device is given up.
 */
export async function dispatchSend(
  record: MessageRecord,
  content: MessageContent,
  ready: ReadySend,
  turn: Turn,
  context: SendContext,
): Promise<boolean> {
  await showTyping(ready.chatJid, content.delay ?? 0, record, context);
  let dispatched = record;
  const mayResend = createResendBudget(context.config.SEND_MAX_RESENDS);
  for (;;) {
    await untilConnected(dispatched, context);
    try {
      // The slot is held for one sending at a time: a message that types or is sent again holds up its own chat only.
      const mayExpire = dispatched.dispatchedAt === undefined;
      return await turn.inFlight((passed) => {
        const onDispatch = (): void => {
          dispatched = { ...record, dispatchedAt: record.dispatchedAt ?? Date.now() };
          passed();
        };
        return sendOnce(record, ready, context, onDispatch);
      }, mayExpire);
    } catch (error) {
      if (error instanceof HeldBack) throw error;
      if (error instanceof PomboError && error.code === 'ACCOUNT_RESTRICTED') await context.onRefused(record.to);
      const action = actionFor(error);
      if (action === 'give-up' || action === 'retry') throw error;
      // Its next owner finds out what became of the message: that the device is given up is no failure of it.
      if (action === 'resend' && context.signal.aborted) throw new JobReleased({ cause: error });
      if (action === 'stand-by') await pause(STAND_BY_MS, context.signal);
      if (action === 'resend' && !mayResend(error)) throw sendTimeout(error);
      context.logger.info('the message will be sent again under its id', {
        messageId: record.id,
        ...describeError(error),
      });
    }
  }
}

/** Connections may be lost so many times as often: a message is not to blame for them, unless it ends each of them. */
const LOSSES_A_RESEND = 4;

/** @returns whether another try is left, and takes it. */
function createResendBudget(maxResends: number): (error: unknown) => boolean {
  let [resends, losses] = [0, 0];
  return (error) =>
    error instanceof UnknownOutcomeError && error.disconnected
      ? losses++ < maxResends * LOSSES_A_RESEND
      : resends++ < maxResends;
}

/** @returns false when there was nothing left to do. @throws HeldBack when it may not leave yet. */
async function sendOnce(
  record: MessageRecord,
  ready: ReadySend,
  context: SendContext,
  onDispatch: () => void,
): Promise<boolean> {
  // It may have waited for its slot, and a message passes the dispatch point only when it can leave.
  if (context.session.state !== 'connected') throw new NotConnectedError();
  if (!(await takeDispatchPoint(record, ready, context))) return false;
  onDispatch();
  await context.session.send({ id: record.id, jid: ready.chatJid, message: ready.message, nodes: ready.nodes });
  return true;
}

/** The last check before the socket; what goes out is kept with it, for recipients that ask again. */
async function takeDispatchPoint(record: MessageRecord, ready: ReadySend, context: SendContext): Promise<boolean> {
  const { store, config, directory, deviceId, epoch } = context;
  const { content, bytes, chatJid, metadata } = ready;
  const kind = recipientKind(record.to);
  const { sealed: sent, kept } = store.sentMessages.seal(record.id, content, bytes);
  const dispatched = store.messages.dispatch(record.id, deviceId, epoch, {
    ...{ chatJid, metadata, pacing: config.PACING, sent },
    ...(kind === 'user' || kind === 'lid' ? { chat: directory.laneOf(record.to) } : {}),
  });
  const [result] = await Promise.all([dispatched, kept]);
  if (result.verdict === 'hold') throw new HeldBack(Date.now() + result.leftMs, result.scope);
  if (result.verdict === 'stale') throw new JobReleased();
  return result.verdict === 'go';
}

/** Typing is a courtesy: a device that drops out meanwhile still sends its message. */
async function showTyping(
  chatJid: string,
  seconds: number,
  record: MessageRecord,
  context: SendContext,
): Promise<void> {
  if (seconds === 0 || record.dispatchedAt !== undefined) return;
  const { session, logger, signal } = context;
  const tell = (typing: boolean) =>
    session
      .setTyping(chatJid, typing)
      .catch((error: unknown) => logger.debug('typing was not shown', describeError(error)));
  await tell(true);
  await pause(seconds * SECOND, signal);
  await tell(false);
}

function sendTimeout(cause: unknown): PomboError {
  return new PomboError('SEND_TIMEOUT', 'WhatsApp did not acknowledge the message; it may or may not have arrived', {
    cause,
  });
}
