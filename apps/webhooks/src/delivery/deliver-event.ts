/** One attempt to deliver one event. */
import { timeoutToMs } from '@pombo/contracts';
import type { Metrics } from '@pombo/runtime';
import { type Delivery, type DeliveryResult, type SigningKey, signingKeys, type WebhookEndpoint } from '@pombo/store';
import { buildBody, type EventSubject } from './build-body.js';
import { type PostEvent, STOPPED } from './post-event.js';
import { decide, type RetrySettings } from './retry-policy.js';
import { signEvent } from './sign-event.js';

/** What does not change from event to event. */
export interface Target {
  readonly url: URL;
  /** Name, value… */
  readonly headers: readonly string[];
  readonly keys: readonly SigningKey[];
  readonly timeoutMs: number;
  readonly retry: RetrySettings;
}

export interface TargetDefaults extends RetrySettings {
  readonly timeoutMs: number;
}

const USER_AGENT = 'Pombo-Webhooks/1';

export function buildTarget(endpoint: WebhookEndpoint, { timeoutMs, ...retry }: TargetDefaults): Target {
  return {
    url: new URL(endpoint.url),
    headers: Object.entries({
      'user-agent': USER_AGENT,
      ...endpoint.headers,
      'content-type': 'application/json',
    }).flat(),
    keys: signingKeys(endpoint.secrets),
    timeoutMs: endpoint.timeout === undefined ? timeoutMs : timeoutToMs(endpoint.timeout),
    retry: { ...retry, retryAttempts: endpoint.retryAttempts },
  };
}

/** An event that was taken and not delivered after all. */
export function giveBack(delivery: Delivery): DeliveryResult {
  return { delivery, verdict: 'back', delayMs: 0, holdsAll: false, status: 0, error: '', latencyMs: 0, answer: '' };
}

/** Never rejects. */
export async function deliverEvent(
  delivery: Delivery,
  subject: EventSubject,
  target: Target,
  post: PostEvent,
  metrics: Metrics,
): Promise<DeliveryResult> {
  const { event, attempt } = delivery;
  const body = buildBody(event, subject);
  const headers = [...target.headers, ...signEvent(event.id, body, target.keys, Date.now())];
  const answer = await post({ url: target.url, headers, body, timeoutMs: target.timeoutMs });
  // The process is stopping; whether the endpoint heard it, nobody knows.
  if (answer.error === STOPPED) return giveBack(delivery);
  const decision = decide(answer, attempt, target.retry);
  metrics.webhookLatencyMs.observe(answer.latencyMs);
  if (decision.verdict === 'ok' && attempt === 1) metrics.webhookDelayMs.observe(Math.max(0, Date.now() - event.at));
  return {
    ...decision,
    delivery,
    status: answer.status,
    error: answer.error,
    latencyMs: answer.latencyMs,
    answer: answer.text,
  };
}
