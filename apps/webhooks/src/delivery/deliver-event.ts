/** One attempt to deliver one event. */
import { timeoutToMs } from '@pombo/contracts';
import type { Metrics } from '@pombo/runtime';
import type { Delivery, DeliveryResult, WebhookEndpoint } from '@pombo/store';
import { buildBody, type EventSubject } from './build-body.js';
import { type Answer, type PostEvent, STOPPED } from './post-event.js';
import { decide, type RetrySettings } from './retry-policy.js';
import { signEvent, type SigningKey, signingKeys } from './sign-event.js';

/** What does not change from event to event. */
export interface Target {
  readonly origin: string;
  /** With its query. */
  readonly path: string;
  /** Name, value… */
  readonly headers: string[];
  readonly keys: readonly SigningKey[];
  readonly timeoutMs: number;
  readonly retry: RetrySettings;
}

export interface TargetDefaults extends RetrySettings {
  readonly timeoutMs: number;
}

export interface DeliveryTools {
  readonly post: PostEvent;
  readonly metrics: Metrics;
}

const USER_AGENT = 'Pombo-Webhooks/1';

export function buildTarget(endpoint: WebhookEndpoint, { timeoutMs, ...retry }: TargetDefaults): Target {
  const { origin, pathname, search } = new URL(endpoint.url);
  return {
    origin,
    path: pathname + search,
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
  return { delivery, verdict: 'back', delayMs: 0, holdMs: 0, status: 0, error: '', latencyMs: 0, answer: '' };
}

/** @param onResult is told once how it ended. */
export function deliverEvent(
  delivery: Delivery,
  subject: EventSubject,
  target: Target,
  { post, metrics }: DeliveryTools,
  onResult: (result: DeliveryResult) => void,
): void {
  const { id } = delivery.event;
  const { body, headers } = signEvent(id, buildBody(delivery.event, subject), target.keys, Date.now());
  const { origin, path, timeoutMs } = target;
  post({ origin, path, headers: target.headers.concat(headers), body, timeoutMs }, (answer) =>
    onResult(judge(delivery, answer, target.retry, metrics)),
  );
}

/** Every member by name: a literal that spreads another takes several times as long to make, and this is one per event. */
function judge(delivery: Delivery, answer: Answer, retry: RetrySettings, metrics: Metrics): DeliveryResult {
  // The process is stopping; whether the endpoint heard it, nobody knows.
  if (answer.error === STOPPED) return giveBack(delivery);
  const { status, error, latencyMs, text } = answer;
  const { event, attempt } = delivery;
  const { verdict, delayMs, holdMs } = decide(answer, delivery, retry);
  metrics.webhookLatencyMs.observe(latencyMs);
  if (verdict === 'ok' && attempt === 1) metrics.webhookDelayMs.observe(Math.max(0, Date.now() - event.at));
  return { delivery, verdict, delayMs, holdMs, status, error, latencyMs, answer: text };
}
