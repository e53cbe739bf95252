/** Prometheus metrics; the one place that knows the library. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  readonly accepted: Counter<'type'>;
  readonly finished: Counter<'type' | 'state' | 'code'>;
  /** Milliseconds from acceptance to WhatsApp's acknowledgement. */
  readonly sendLatencyMs: Histogram<'type'>;
  readonly sessions: Gauge<'state'>;
  /** Devices this worker owns. */
  readonly devicesOwned: Gauge;
  /** Devices that no worker has room for. */
  readonly devicesWaiting: Gauge;
  readonly webhookAttempts: Counter<'outcome'>;
  /** Milliseconds an endpoint took to answer. */
  readonly webhookLatencyMs: Histogram;
  /** Milliseconds from an event to its delivery at the first attempt. */
  readonly webhookDelayMs: Histogram;
  readonly webhookEvents: Counter;
  readonly webhookInFlight: Gauge;
  /** Bytes. */
  readonly mediaStored: Gauge;
  /** What the janitor did, by kind. */
  readonly janitorDone: Counter<'what'>;
  /** Has a figure set whenever it is asked for, instead of at every change. */
  onRender(set: () => void): void;
  /** Text in Prometheus' exposition format. */
  render(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(app: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ app });
  collectDefaultMetrics({ register: registry, prefix: 'pombo_' });
  const registers = [registry];
  const setters: Array<() => void> = [];
  return {
    accepted: new Counter({
      name: 'pombo_messages_accepted_total',
      help: 'Messages accepted',
      labelNames: ['type'],
      registers,
    }),
    finished: new Counter({
      name: 'pombo_messages_finished_total',
      help: 'Messages acknowledged, failed or expired',
      labelNames: ['type', 'state', 'code'],
      registers,
    }),
    sendLatencyMs: new Histogram({
      name: 'pombo_send_latency_ms',
      help: 'Milliseconds from acceptance to acknowledgement',
      labelNames: ['type'],
      buckets: [10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 60_000, 600_000, 3_600_000],
      registers,
    }),
    webhookAttempts: new Counter({
      name: 'pombo_webhook_attempts_total',
      help: 'Attempts to deliver an event, by outcome: ok, retry, dead, gone',
      labelNames: ['outcome'],
      registers,
    }),
    webhookLatencyMs: new Histogram({
      name: 'pombo_webhook_latency_ms',
      help: 'Milliseconds an endpoint took to answer',
      buckets: [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 15_000, 60_000],
      registers,
    }),
    webhookDelayMs: new Histogram({
      name: 'pombo_webhook_delay_ms',
      help: 'Milliseconds from an event to its delivery, of events that were delivered at the first attempt',
      buckets: [10, 25, 50, 100, 250, 500, 1000, 5000, 30_000, 300_000, 3_600_000],
      registers,
    }),
    webhookEvents: new Counter({
      name: 'pombo_webhook_events_total',
      help: 'Events taken from the outbox, wanted by an endpoint or not',
      registers,
    }),
    webhookInFlight: new Gauge({
      name: 'pombo_webhook_in_flight',
      help: 'Events being delivered',
      registers,
    }),
    sessions: new Gauge({ name: 'pombo_sessions', help: 'Device sessions by state', labelNames: ['state'], registers }),
    devicesOwned: new Gauge({ name: 'pombo_devices_owned', help: 'Devices this worker owns', registers }),
    devicesWaiting: new Gauge({
      name: 'pombo_devices_waiting',
      help: 'Devices that no worker has room for; the same figure at every worker',
      registers,
    }),
    mediaStored: new Gauge({
      name: 'pombo_media_stored_bytes',
      help: 'Media stored, as it was last measured and with what came since; the same figure at every process',
      registers,
    }),
    janitorDone: new Counter({
      name: 'pombo_janitor_total',
      help: 'What the janitor did: messages ended, jobs removed or repaired, leftovers removed',
      labelNames: ['what'],
      registers,
    }),
    onRender: (set) => void setters.push(set),
    render() {
      for (const set of setters) set();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
