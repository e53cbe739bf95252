import { type MessageRecord, PomboError } from '@pombo/contracts';
import type { Messages } from '@pombo/store';
import { mayUse } from '../devices/choose-device.js';
import type { CallContext } from '../http/request-context.js';

/** @throws PomboError MESSAGE_NOT_FOUND, also for a message of someone else, or of a device the caller may not use: nobody may know which. */
export async function findOwnMessage(
  messages: Messages,
  { caller, redisBudget }: CallContext,
  messageId: string,
): Promise<MessageRecord> {
  const record = await redisBudget.spend(messages.read(messageId));
  if (record?.tenantId !== caller.tenantId || !mayUse(caller, record.deviceId)) throw messageNotFound();
  return record;
}

export function messageNotFound(): PomboError {
  return new PomboError('MESSAGE_NOT_FOUND', 'you have no message with this id');
}
