/** Keys of webhooks. What belongs to a tenant's endpoints carries the tenant as the Cluster hash tag. */

export interface WebhookKeys {
  /** Stream: events of a tenant that an endpoint of it wants, or wanted, for as long as they can be delivered. */
  tenantEvents(tenantId: string): string;
  /** Hash: by shard, the last outbox entry that was taken over into the tenant's events. */
  tenantRelayed(tenantId: string): string;
  /** Set: ids of a tenant's webhook endpoints. */
  tenantWebhooks(tenantId: string): string;
  /** Hash: a webhook endpoint, its settings and how it fares. */
  webhook(tenantId: string, webhookId: string): string;
  /** Sorted set: events to be delivered to an endpoint, by when that is due. */
  webhookDue(tenantId: string, webhookId: string): string;
  /** Set: events in the hand of the process that serves the endpoint. */
  webhookFlying(tenantId: string, webhookId: string): string;
  /** Hash: attempts and last result of events that failed at least once, and when they were given up. */
  webhookTries(tenantId: string, webhookId: string): string;
  /** Sorted set: events that failed and are to be tried again, by when they came. */
  webhookRetrying(tenantId: string, webhookId: string): string;
  /** Sorted set: events that were given up, by when they came. */
  webhookDead(tenantId: string, webhookId: string): string;
  /** Stream: attempts to deliver. */
  webhookLog(tenantId: string, webhookId: string): string;
  /** Hash: endpoint id → tenant id, of all endpoints. */
  readonly webhookIndex: string;
  /** Counter that changes whenever an endpoint is made, changed or removed. */
  readonly webhookVersion: string;
  /** Pub/sub channel on which an endpoint is named that has something to deliver. */
  readonly webhookChannel: string;
  /** String: who looks for forgotten events at the moment. */
  readonly webhookSweep: string;
  /** Sorted set: processes that deliver, by when they last said that they are alive. */
  readonly webhookAlive: string;
  /** BullMQ's prefix for the queue of the webhooks. */
  readonly webhookQueuePrefix: string;
}

/** @param ofTenant what the keys of a tenant start with. */
export function createWebhookKeys(prefix: string, ofTenant: (tenantId: string) => string): WebhookKeys {
  const ofWebhook = (tenantId: string, webhookId: string): string => `${ofTenant(tenantId)}:w:${webhookId}`;
  return {
    tenantEvents: (tenantId) => `${ofTenant(tenantId)}:events`,
    tenantRelayed: (tenantId) => `${ofTenant(tenantId)}:relayed`,
    tenantWebhooks: (tenantId) => `${ofTenant(tenantId)}:webhooks`,
    webhook: ofWebhook,
    webhookDue: (tenantId, webhookId) => `${ofWebhook(tenantId, webhookId)}:due`,
    webhookFlying: (tenantId, webhookId) => `${ofWebhook(tenantId, webhookId)}:in-hand`,
    webhookTries: (tenantId, webhookId) => `${ofWebhook(tenantId, webhookId)}:tries`,
    webhookRetrying: (tenantId, webhookId) => `${ofWebhook(tenantId, webhookId)}:retrying`,
    webhookDead: (tenantId, webhookId) => `${ofWebhook(tenantId, webhookId)}:dead`,
    webhookLog: (tenantId, webhookId) => `${ofWebhook(tenantId, webhookId)}:log`,
    webhookIndex: `${prefix}:webhooks`,
    webhookVersion: `${prefix}:webhooks:version`,
    webhookChannel: `${prefix}:webhooks:wake`,
    webhookSweep: `${prefix}:webhooks:sweep`,
    webhookAlive: `${prefix}:webhooks:alive`,
    webhookQueuePrefix: `${prefix}:{webhooks}`,
  };
}
