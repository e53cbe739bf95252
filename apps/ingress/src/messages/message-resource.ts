import { describeMessage, type MessageRecord } from '@pombo/contracts';

/** A message as an answer of its own. */
export function buildMessageResource(record: MessageRecord) {
  return { success: true, ...describeMessage(record) };
}
