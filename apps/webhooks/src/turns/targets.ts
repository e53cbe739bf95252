/**
 * Endpoints made ready to send to, remembered: most turns are for one event, and to read, decrypt and prepare an endpoint
 * takes longer than to post it. Every exchange with Redis says which revision counts, so none is used that does not.
 */
import type { Logger } from '@pombo/runtime';
import type { Store, WebhookEndpoint, WebhookName } from '@pombo/store';
import { LRUCache } from 'lru-cache';
import { buildTarget, type Target, type TargetDefaults } from '../delivery/deliver-event.js';

export interface KnownTarget {
  readonly target: Target;
  /** Of the settings it was made of. */
  readonly revision: string;
}

/** Either answers undefined when the endpoint is gone or nothing can be sent to it. */
export interface Targets {
  /** As it was when it was last read. */
  find(name: WebhookName): Promise<KnownTarget | undefined>;
  /** As it is now. */
  read(name: WebhookName): Promise<KnownTarget | undefined>;
}

const REMEMBERED = 10_000;

export function createTargets({ webhooks }: Store, defaults: TargetDefaults, logger: Logger): Targets {
  const known = new LRUCache<string, KnownTarget>({ max: REMEMBERED });

  const read = async (name: WebhookName): Promise<KnownTarget | undefined> => {
    known.delete(name.webhookId);
    const endpoint = await webhooks.endpoints.read(name);
    if (!endpoint || isUnreadable(endpoint, logger)) return undefined;
    const made = { target: buildTarget(endpoint, defaults), revision: endpoint.revision };
    known.set(name.webhookId, made);
    return made;
  };

  return {
    read,
    find: (name) => {
      const found = known.get(name.webhookId);
      return found ? Promise.resolve(found) : read(name);
    },
  };
}

/** The key may be added, or the secret rotated; its events wait. */
function isUnreadable({ id, tenantId, unreadable }: WebhookEndpoint, logger: Logger): boolean {
  if (unreadable === undefined) return false;
  logger.error('an endpoint is not served: its secret or headers were encrypted with a key that is missing', {
    ...{ code: unreadable, tenantId, webhookId: id },
  });
  return true;
}
