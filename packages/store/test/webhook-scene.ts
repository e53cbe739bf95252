/** A tenant with one endpoint, its events, and a process that delivers them; there are no real ones. */
import { parseShard } from '@pombo/contracts';
import type { TestStore } from '@pombo/testing';
import {
  createWebhookId,
  createWebhookSecret,
  type Delivery,
  type DeliveryResult,
  type Exchange,
  type ExchangeOptions,
  type WebhookName,
  type WebhookTurn,
} from '../src/index.js';

const OPTIONS: ExchangeOptions = { owner: 'process-1', leaseMs: 60_000, wanted: 10, inHand: 10, held: 0 };

export interface WebhookScene {
  readonly name: WebhookName;
  /** Relays that many events to the endpoint, `evt_1`, `evt_2` and so on. */
  admit(count: number): Promise<WebhookTurn[]>;
  /** Tells results, and takes what is due. */
  exchange(results?: readonly DeliveryResult[], changes?: Partial<ExchangeOptions>): Promise<Exchange | undefined>;
  take(changes?: Partial<ExchangeOptions>): Promise<readonly Delivery[]>;
  /** Puts a test before all that waits. */
  test(eventId: string): Promise<unknown>;
  /** When each waiting event is due, by its entry, ms since the epoch. */
  due(): Promise<Map<string, number>>;
}

export async function openWebhookScene({ redis, store }: TestStore): Promise<WebhookScene> {
  const { endpoints, events, deliveries } = store.webhooks;
  const { tenantId } = await store.tenants.create('a tenant');
  const name = { tenantId, webhookId: createWebhookId() };
  await endpoints.put({
    ...{ id: name.webhookId, tenantId, userId: 'usr_test', single: false, url: 'https://example.com', events: ['*'] },
    ...{ deviceIds: [], headers: {}, enabled: true, description: '', secrets: [{ secret: createWebhookSecret() }] },
  });
  let admitted = 0;
  const exchange: WebhookScene['exchange'] = (results = [], changes = {}) =>
    deliveries.exchange(name, results, { ...OPTIONS, ...changes });

  return {
    name,
    exchange,
    admit(count) {
      const fresh = Array.from({ length: count }, () => {
        admitted += 1;
        const event = { id: `evt_${admitted}`, event: 'message.sent', at: Date.now(), deviceId: 'dev_test' } as const;
        return { entryId: `${admitted}-0`, event, wantedBy: [0] };
      });
      return events.admit(tenantId, parseShard('000'), [name.webhookId], fresh);
    },
    test: (eventId) => deliveries.test(name, eventId, {}),
    take: async (changes) => (await exchange([], changes))?.deliveries ?? [],
    async due() {
      const pairs = await redis.zrange(store.keys.webhookDue(tenantId, name.webhookId), 0, -1, 'WITHSCORES');
      const due = new Map<string, number>();
      for (let at = 0; at + 1 < pairs.length; at += 2) due.set(pairs[at] ?? '', Number(pairs[at + 1]));
      return due;
    },
  };
}

/** How a delivery ended. */
export function resultOf(delivery: Delivery, changes: Partial<DeliveryResult> = {}): DeliveryResult {
  const failed = { status: 500, error: 'status', latencyMs: 1, answer: '' };
  return { delivery, verdict: 'retry', delayMs: 60_000, holdMs: 0, ...failed, ...changes };
}
