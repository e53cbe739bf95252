/** Cancels a message that has not been handed to WhatsApp. */
import { isFailure, type MessageRecord, PomboError } from '@pombo/contracts';
import { describeError } from '@pombo/runtime';
import type { AppParts } from '../app-parts.js';
import type { CallContext } from '../http/request-context.js';
import { findOwnMessage, messageNotFound } from './find-own-message.js';

/** Canceling again is no error. @returns the canceled message. @throws PomboError MESSAGE_NOT_FOUND, ALREADY_DISPATCHED */
export type CancelMessage = (messageId: string, context: CallContext) => Promise<MessageRecord>;

export function createCancelMessage({ store: { messages }, producer, logger }: AppParts): CancelMessage {
  /** A job that a worker has in hand stays; at the dispatch point the worker finds the message settled. */
  const removeJob = async ({ id, deviceId }: MessageRecord, { redisBudget }: CallContext): Promise<void> => {
    try {
      await redisBudget.spend(producer.remove(id, deviceId));
    } catch (error) {
      logger.warn('the job of a canceled message stayed behind', { messageId: id, ...describeError(error) });
    }
  };

  return async (messageId, context) => {
    const record = await findOwnMessage(messages, context, messageId);
    const { verdict } = await context.redisBudget.spend(messages.cancel(record.id, record.deviceId));
    if (verdict === 'gone') throw messageNotFound();
    const now = await findOwnMessage(messages, context, messageId);
    if (verdict === 'late') throw tooLate(now);
    await removeJob(now, context);
    return now;
  };
}

function tooLate({ id, state }: MessageRecord): PomboError {
  const why = isFailure(state) ? `it has already ended as ${state}` : 'it has already been handed to WhatsApp';
  return new PomboError('ALREADY_DISPATCHED', `the message cannot be canceled any more: ${why}`, { messageId: id });
}
