/** A message about to be sent, before its device is chosen and its id given: what both depend on the client's key. */
import type { DeviceRecord, MessageDraft } from '@pombo/store';
import type { Warning } from './send-validator.js';

export interface SendPlan {
  readonly message: Omit<MessageDraft, 'id' | 'deviceId' | 'awaited'>;
  /** The kind of request: the same `Idempotency-Key` in another scope is another key. */
  readonly scope: string;
  /** All that the client asked for, in Pombo's own spelling; media by its content. Must go through JSON. */
  readonly asked: unknown;
  readonly warnings: readonly Warning[];
  readonly chooseDevice: () => DeviceRecord | Promise<DeviceRecord>;
}
