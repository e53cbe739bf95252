import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestStore, type TestStore } from '@pombo/testing';
import { openWebhookScene } from './webhook-scene.js';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

test('an endpoint is in all lists while it is there, and in none afterwards', async () => {
  const { name } = await openWebhookScene(context);
  const { endpoints } = context.store.webhooks;
  expect(await endpoints.countOfTenant(name.tenantId)).toBe(1);
  expect(await endpoints.listNames()).toContainEqual(name);
  expect(await endpoints.remove(name)).toBe(true);
  expect(await endpoints.countOfTenant(name.tenantId)).toBe(0);
  expect(await endpoints.listNames()).not.toContainEqual(name);
  expect(await endpoints.remove(name)).toBe(false);
  expect(await endpoints.change(name, { description: 'late' })).toBe(false);
  expect(await endpoints.countOfTenant(name.tenantId)).toBe(0);
});

test('a change that nobody heard of is announced all the same, and an endpoint half made is in a list', async () => {
  const { name } = await openWebhookScene(context);
  const { endpoints } = context.store.webhooks;
  const { redis, keys } = context.store;
  const endpoint = await endpoints.read(name);
  if (!endpoint) throw new Error('there is no endpoint');
  const before = await endpoints.version();
  const other = `whk_${'a'.repeat(20)}`;
  // Redis refuses the script: there is something else where its settings would lie.
  await redis.set(keys.webhook(name.tenantId, other), 'no hash');
  await expect(endpoints.put({ ...endpoint, id: other })).rejects.toThrow('WRONGTYPE');
  expect(await endpoints.version()).not.toBe(before);
  expect(await endpoints.listNames()).toContainEqual({ ...name, webhookId: other });
});
