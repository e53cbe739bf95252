/** A webhook endpoint as the API shows it, in the words of the public API and in Pombo's own. */
import { rfc3339, timeoutToMs } from '@pombo/contracts';
import type { WebhookBacklog, WebhookEndpoint } from '@pombo/store';

/** Custom headers often hold a token. */
const HIDDEN = '••••••';

const time = (at: number | undefined): string | null => (at === undefined ? null : rfc3339(at));

/** @param defaultTimeoutMs of endpoints without a time-out of their own. */
export function describeWebhook(endpoint: WebhookEndpoint, defaultTimeoutMs: number) {
  const { health, timeout = defaultTimeoutMs / 1000 } = endpoint;
  return {
    id: endpoint.id,
    url: endpoint.url,
    webhook_url: endpoint.url,
    events: endpoint.events,
    enabled_events: endpoint.events,
    device_ids: endpoint.deviceIds,
    headers: Object.fromEntries(Object.keys(endpoint.headers).map((name) => [name, HIDDEN])),
    enabled: endpoint.enabled,
    description: endpoint.description,
    retry_attempts: endpoint.retryAttempts ?? null,
    timeout,
    timeout_ms: timeoutToMs(timeout),
    user_id: endpoint.userId,
    created_at: rfc3339(endpoint.createdAt),
    updated_at: rfc3339(endpoint.updatedAt),
    state: health.state,
    reason: health.reason ?? null,
    since: time(health.since),
    consecutive_failures: health.failures,
    last_success_at: time(health.lastSuccessAt),
    last_failure_at: time(health.lastFailureAt),
    last_status: health.lastStatus ?? null,
    last_error: health.lastError ?? null,
    held_until: time(health.heldUntil),
    delivered: health.delivered,
    dropped: health.dropped,
  };
}

export function describeBacklog({ waiting, inFlight, dead, oldestAt }: WebhookBacklog) {
  return {
    undelivered: waiting + inFlight,
    dead_letters: dead,
    oldest_undelivered_at: time(oldestAt),
    oldest_undelivered_seconds: oldestAt === undefined ? null : Math.max(0, Math.round((Date.now() - oldestAt) / 1000)),
  };
}
