/** Everything remembered about webhooks. */
import type { Config, Redis } from '@pombo/runtime';
import type { Cipher } from '../cipher.js';
import type { Keys } from '../keys.js';
import { createWebhookDeliveries, type WebhookDeliveries } from './webhook-deliveries.js';
import { createWebhookEndpoints, type WebhookEndpoints } from './webhook-endpoints.js';
import { createWebhookEvents, type WebhookEvents } from './webhook-events.js';
import { createWebhookLog, type WebhookLog } from './webhook-log.js';
import { createWebhookProcesses, type WebhookProcesses } from './webhook-processes.js';

export interface Webhooks {
  readonly endpoints: WebhookEndpoints;
  readonly events: WebhookEvents;
  readonly deliveries: WebhookDeliveries;
  readonly log: WebhookLog;
  readonly processes: WebhookProcesses;
}

export function createWebhooks(redis: Redis, keys: Keys, cipher: Cipher, config: Config): Webhooks {
  const limits = {
    retentionMs: config.WEBHOOK_RETENTION_MS,
    maxEvents: config.WEBHOOK_MAX_EVENTS,
    maxWaiting: config.WEBHOOK_MAX_WAITING,
    logEntries: config.WEBHOOK_LOG_ENTRIES,
    logRetentionMs: config.WEBHOOK_LOG_RETENTION_MS,
    pauseAfterMs: config.WEBHOOK_PAUSE_AFTER_MS,
  };
  return {
    endpoints: createWebhookEndpoints(redis, keys, cipher),
    events: createWebhookEvents(redis, keys, limits),
    deliveries: createWebhookDeliveries(redis, keys, cipher, limits),
    log: createWebhookLog(redis, keys, cipher),
    processes: createWebhookProcesses(redis, keys),
  };
}
