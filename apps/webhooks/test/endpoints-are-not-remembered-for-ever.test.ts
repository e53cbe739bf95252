import { eventually } from '@pombo/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDirectory } from '../src/directory.js';
import { openWebhooks, type WebhooksHarness } from './webhooks-harness.js';

let harness: WebhooksHarness;
beforeAll(async () => {
  harness = await openWebhooks();
});
afterAll(() => harness.close());

test('a change that was never announced is seen after a while', async () => {
  const { store, tenantId } = harness;
  const { webhookId } = await harness.addEndpoint('http://127.0.0.1:9/', { description: 'before' });
  const directory = createDirectory(store, 5);
  const described = async (): Promise<string | undefined> => {
    await directory.refresh();
    return (await directory.endpointsOf(tenantId))[0]?.description;
  };
  expect(await described()).toBe('before');
  // Whoever changed it died before it said so.
  await store.redis.hset(store.keys.webhook(tenantId, webhookId), 'about', 'after');
  await eventually('it is seen', async () => (await described()) === 'after');
});
