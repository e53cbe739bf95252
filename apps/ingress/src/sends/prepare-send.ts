import type { MessageType } from '@pombo/contracts';
import { SECOND } from '@pombo/runtime';
import type { MessageDraft } from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import { buildContent } from '../contents/build-content.js';
import { chooseSendingDevice } from '../devices/choose-device.js';
import type { CallContext } from '../http/request-context.js';
import type { ValidatedSend } from './send-validator.js';

/** @param awaited the request waits for the outcome. */
export type PrepareSend = (send: ValidatedSend, context: CallContext, awaited: boolean) => Promise<MessageDraft>;

/** Makes a validated body a message that can be accepted: its media stored, its device chosen, its id given. */
export function createPrepareSend(type: MessageType, { config, store, blobStore }: AppParts): PrepareSend {
  const maxBytes = { image: config.MEDIA_MAX_IMAGE_BYTES, document: config.MEDIA_MAX_DOCUMENT_BYTES };
  return async ({ body, nameField }, { caller, redisBudget }, awaited) => {
    const { tenantId, userId } = caller;
    // First what the client can mend by itself; a blob that nothing came to use ends with its retention.
    const content = await buildContent(type, body, { blobStore, maxBytes, nameField });
    const device = await redisBudget.spend(chooseSendingDevice(store.devices, tenantId, body.device_id));
    return {
      id: store.messages.createId(device.id),
      content,
      tenantId,
      userId,
      deviceId: device.id,
      to: body.to,
      priority: body.priority,
      ...(body.client_reference === undefined ? {} : { clientReference: body.client_reference }),
      delayMs: body.send_at ? Math.max(0, body.send_at.getTime() - Date.now()) : 0,
      expiresInMs: body.expires_in * SECOND,
      awaited,
    };
  };
}
