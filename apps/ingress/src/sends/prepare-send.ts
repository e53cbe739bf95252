import type { MessageType } from '@pombo/contracts';
import { SECOND } from '@pombo/runtime';
import type { AppParts } from '../app-parts.js';
import { buildContent } from '../contents/build-content.js';
import { keepUntil } from '../contents/keep-until.js';
import type { CallContext } from '../http/request-context.js';
import type { SendPlan } from './send-plan.js';
import type { ValidatedSend } from './send-validator.js';

export type PrepareSend = (send: ValidatedSend, context: CallContext) => Promise<SendPlan>;

/** Makes of a validated body what will be accepted, with its media stored. */
export function createPrepareSend(type: MessageType, { config, store, devicePool, blobStore }: AppParts): PrepareSend {
  return async ({ body, warnings, nameField }, { caller, redisBudget, lifted }) => {
    const { tenantId, userId } = caller;
    const { to, device_id, priority, client_reference, send_at, expires_in } = body;
    // First what the client can mend by itself; a blob that nothing came to use ends with its retention.
    const delayMs = send_at ? Math.max(0, send_at.getTime() - Date.now()) : 0;
    const expiresInMs = expires_in * SECOND;
    const content = await buildContent(type, body, {
      ...{ config, blobStore, nameField, lifted },
      findMedia: (mediaId) => redisBudget.spend(store.media.read(tenantId, mediaId)),
      keepUntil: keepUntil(delayMs + expiresInMs, config),
    });
    return {
      message: {
        content,
        tenantId,
        userId,
        to,
        priority,
        ...(client_reference === undefined ? {} : { clientReference: client_reference }),
        ...(delayMs > 0 ? { sendAt: send_at?.getTime() } : {}),
        expiresInMs,
      },
      // One for all types: what differs by type is another body under the key.
      scope: 'send',
      asked: { content, to, device_id, priority, client_reference, send_at, expires_in },
      warnings,
      chooseDevice() {
        const chosen = devicePool.choose(caller, device_id);
        return chosen instanceof Promise ? redisBudget.spend(chosen) : chosen;
      },
    };
  };
}
