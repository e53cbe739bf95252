/**
 * Which tenant a device belongs to, and where a tenant wants events: remembered, since every event asks. What is
 * remembered of endpoints is thrown away as soon as any endpoint changes, and after a while: whoever changed one may have
 * died before it said so.
 */
import { isMessageId } from '@pombo/contracts';
import type { OutboxEntry, Store, WebhookEndpoint, WebhookName } from '@pombo/store';
import { SECOND } from '@pombo/runtime';
import { LRUCache } from 'lru-cache';

/** Devices never change their tenant. */
const DEVICES_REMEMBERED = 100_000;
const TENANTS_REMEMBERED = 10_000;
const ENDPOINTS_REMEMBERED_MS = 30 * SECOND;

export interface Directory {
  /**
   * To be asked after the events were read that it is needed for: whoever made an endpoint before an event happened, had
   * changed the version before it.
   */
  refresh(): Promise<void>;
  endpointsOf(tenantId: string): Promise<readonly WebhookEndpoint[]>;
  /** As it is just now. */
  endpoint(name: WebhookName): Promise<WebhookEndpoint | undefined>;
  /** @returns undefined when device and message are both gone. */
  tenantOf(entry: OutboxEntry): Promise<string | undefined>;
}

/** @param rememberedMs how long a tenant's endpoints are, at most. */
export function createDirectory(store: Store, rememberedMs = ENDPOINTS_REMEMBERED_MS): Directory {
  const { redis, keys, messages, webhooks } = store;
  const tenants = new LRUCache<string, Promise<readonly WebhookEndpoint[]>>({
    ...{ max: TENANTS_REMEMBERED, ttl: rememberedMs },
  });
  const devices = new LRUCache<string, string>({ max: DEVICES_REMEMBERED });
  let version: string | undefined;

  const tenantOfMessage = async (messageId = ''): Promise<string | undefined> => {
    if (!isMessageId(messageId)) return undefined;
    const [summary] = await messages.readSummaries([messageId]);
    return summary?.tenantId;
  };

  return {
    async refresh() {
      const current = await webhooks.endpoints.version();
      if (current !== version) tenants.clear();
      version = current;
    },
    endpointsOf(tenantId) {
      const known = tenants.get(tenantId);
      if (known) return known;
      const asked = webhooks.endpoints.listOfTenant(tenantId);
      tenants.set(tenantId, asked);
      // A failure is not remembered.
      asked.catch(() => tenants.delete(tenantId));
      return asked;
    },
    endpoint: (name) => webhooks.endpoints.read(name),
    async tenantOf({ event: { deviceId, messageId }, tenantId }) {
      const known = tenantId ?? devices.get(deviceId);
      if (known !== undefined) return known;
      const found = (await redis.hget(keys.deviceIndex, deviceId)) ?? (await tenantOfMessage(messageId));
      if (found !== undefined) devices.set(deviceId, found);
      return found;
    },
  };
}
