/** A message that ended without being sent, once more, as a new message. */
import { isFailure, type MessageContent, type MessageRecord, PomboError } from '@pombo/contracts';
import type { DeviceRecord } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import { keepUntil } from '../contents/keep-until.js';
import type { CallContext } from '../http/request-context.js';
import type { SendPlan } from '../sends/send-plan.js';
import type { Warning } from '../sends/send-validator.js';
import { findOwnMessage, messageNotFound } from './find-own-message.js';

/** @throws PomboError MESSAGE_NOT_FOUND */
export type PrepareResend = (
  messageId: string,
  warnings: readonly Warning[],
  context: CallContext,
) => Promise<SendPlan>;

export function createPrepareResend(parts: AppParts): PrepareResend {
  const {
    store: { devices, messages },
    devicePool,
    blobStore,
    config,
  } = parts;
  /** The device that was to send it, if it is still there. */
  const chooseDevice = async ({ deviceId }: MessageRecord, { caller }: CallContext): Promise<DeviceRecord> => {
    const device = await devices.read(deviceId);
    return devicePool.choose(caller, device ? deviceId : undefined);
  };

  /** Its stored media may have been waiting to be removed. */
  const keepMedia = async ({ source, thumbnail }: MessageContent, waitMs: number): Promise<void> => {
    for (const media of [source, thumbnail]) {
      if (!media || !('blob' in media)) continue;
      if (!(await blobStore.keep(media.blob, keepUntil(waitMs, config)))) throw mediaGone();
    }
  };

  return async (messageId, warnings, context) => {
    const { caller, redisBudget } = context;
    const record = await findOwnMessage(messages, context, messageId);
    const content = await redisBudget.spend(messages.readContent(record.id));
    if (!content) throw messageNotFound();
    const { tenantId, to, priority, clientReference, expiresAt, sendAt, queuedAt } = record;
    const expiresInMs = expiresAt - (sendAt ?? queuedAt);
    return {
      message: {
        content,
        tenantId,
        userId: caller.userId,
        to,
        priority,
        ...(clientReference === undefined ? {} : { clientReference }),
        retryOf: record.id,
        expiresInMs,
      },
      scope: 'resend',
      asked: { retryOf: record.id },
      warnings,
      async chooseDevice() {
        // Here, since a repeated request has its answer already: a message that timed out may turn out to be sent.
        if (!isFailure(record.state)) throw notEnded(record);
        await keepMedia(content, expiresInMs);
        return redisBudget.spend(chooseDevice(record, context));
      },
    };
  };
}

function mediaGone(): PomboError {
  return new PomboError('MEDIA_NOT_FOUND', 'the media of this message is no longer stored; send it as a new message');
}

function notEnded({ id, state }: MessageRecord): PomboError {
  const message = `only a message that failed, expired or was canceled can be sent again; this one is ${state}`;
  return new PomboError('ALREADY_DISPATCHED', message, { messageId: id });
}
