import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestStore, type TestStore } from '@pombo/testing';
import { createWebhookId, createWebhookSecret, type ExchangeOptions, type WebhookName } from '../src/index.js';

const OPTIONS: ExchangeOptions = { owner: 'process-1', leaseMs: 60_000, wanted: 10, inHand: 10, held: 0 };

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

async function endpointWithTests(count: number): Promise<WebhookName> {
  const { tenants, webhooks } = context.store;
  const { tenantId } = await tenants.create('a tenant');
  const name = { tenantId, webhookId: createWebhookId() };
  await webhooks.endpoints.put({
    ...{ id: name.webhookId, tenantId, userId: 'usr_test', single: false, url: 'https://example.com', events: ['*'] },
    ...{ deviceIds: [], headers: {}, enabled: true, description: '', secrets: [{ secret: createWebhookSecret() }] },
  });
  for (let nth = 0; nth < count; nth += 1) await webhooks.deliveries.test(name, `evt_${nth}`, {});
  return name;
}

async function take(name: WebhookName, changes: Partial<ExchangeOptions> = {}): Promise<string[] | undefined> {
  const exchange = await context.store.webhooks.deliveries.exchange(name, [], { ...OPTIONS, ...changes });
  return exchange?.deliveries.map(({ event }) => event.id);
}

test('events handed out in a reply that was lost are handed out again, to the process that has nothing in hand', async () => {
  const name = await endpointWithTests(3);
  expect(await take(name, { wanted: 2 })).toHaveLength(2);
  // The connection broke: the same is asked again, as ioredis does, and answered.
  expect((await take(name))?.sort()).toEqual(['evt_0', 'evt_1', 'evt_2']);
  expect(await take(name, { held: 3 })).toEqual([]);
});

test('what another process has in hand stays there while it lives', async () => {
  const name = await endpointWithTests(1);
  expect(await take(name)).toEqual(['evt_0']);
  expect(await take(name, { owner: 'process-2' })).toEqual([]);
});
