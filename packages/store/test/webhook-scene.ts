/** A tenant with one endpoint, its events, and a process that delivers them; there are no real ones. */
import { type OutboxEvent, parseShard } from '@pombo/contracts';
import {
  createWebhookId,
  createWebhookSecret,
  type Delivery,
  type DeliveryResult,
  type Exchange,
  type ExchangeOptions,
  type Store,
  type WebhookName,
  type WebhookTurn,
} from '@pombo/store';

interface WithStore {
  readonly store: Store;
}

const OPTIONS = { owner: 'process-1', leaseMs: 60_000, wanted: 10, inHand: 10, held: 0 };

export interface WebhookScene {
  readonly name: WebhookName;
  /** Relays that many events to the endpoint, `evt_1`, `evt_2` and so on. @param like what they are, besides. */
  admit(count: number, like?: Partial<OutboxEvent>): Promise<WebhookTurn[]>;
  /** Tells results, and takes what is due. */
  exchange(results?: readonly DeliveryResult[], changes?: Partial<ExchangeOptions>): Promise<Exchange | undefined>;
  take(changes?: Partial<ExchangeOptions>): Promise<readonly Delivery[]>;
  /** Takes what is due, and says of each that it ended like this. */
  end(changes: Partial<DeliveryResult>): Promise<readonly Delivery[]>;
  /** Puts a test before all that waits. */
  test(eventId: string): Promise<unknown>;
  /** When each waiting event is due, by its entry, ms since the epoch. */
  due(): Promise<Map<string, number>>;
}

async function createEndpoint({ tenants, webhooks }: Store): Promise<WebhookName> {
  const { tenantId } = await tenants.create('a tenant');
  const name = { tenantId, webhookId: createWebhookId() };
  await webhooks.endpoints.put({
    ...{ id: name.webhookId, tenantId, userId: 'usr_test', single: false, url: 'https://example.com', events: ['*'] },
    ...{ deviceIds: [], headers: {}, enabled: true, description: '', secrets: [{ secret: createWebhookSecret() }] },
  });
  return name;
}

/** @param existing an endpoint; without it, one of a new tenant. */
export async function openWebhookScene({ store }: WithStore, existing?: WebhookName): Promise<WebhookScene> {
  const { events, deliveries } = store.webhooks;
  const name = existing ?? (await createEndpoint(store));
  const { tenantId } = name;
  let admitted = 0;
  let exchanges = 0;
  const exchange: WebhookScene['exchange'] = (results = [], changes = {}) =>
    deliveries.exchange(name, results, { ...OPTIONS, number: (exchanges += 1), ...changes });

  return {
    name,
    exchange,
    admit(count, like = {}) {
      const fresh = Array.from({ length: count }, () => {
        admitted += 1;
        const plain = { id: `evt_${admitted}`, event: 'message.sent', at: Date.now(), deviceId: 'dev_test' } as const;
        const event: OutboxEvent = { ...plain, ...like };
        return { entryId: `${admitted}-0`, event, wantedBy: [0] };
      });
      return events.admit(tenantId, parseShard('000'), [name.webhookId], fresh);
    },
    test: (eventId) => deliveries.test(name, eventId, {}),
    take: async (changes) => (await exchange([], changes))?.deliveries ?? [],
    async end(changes) {
      const taken = (await exchange())?.deliveries ?? [];
      await exchange(taken.map((delivery) => resultOf(delivery, changes)));
      return taken;
    },
    async due() {
      const pairs = await store.redis.zrange(store.keys.webhookDue(tenantId, name.webhookId), 0, -1, 'WITHSCORES');
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
