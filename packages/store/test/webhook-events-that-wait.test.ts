import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestStore, type TestStore, testConfig } from '@pombo/testing';
import { openWebhookScene, resultOf } from './webhook-scene.js';

const MOST_WAITING = 5;

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore(testConfig({ WEBHOOK_MAX_WAITING: String(MOST_WAITING) }));
});
afterAll(() => context.close());

test('a test that waits is not thrown away with what is old', async () => {
  const scene = await openWebhookScene(context);
  await scene.test('evt_test');
  await context.store.webhooks.deliveries.tidy(scene.name);
  expect((await scene.take()).map(({ event }) => event.id)).toEqual(['evt_test']);
  expect((await context.store.webhooks.endpoints.read(scene.name))?.health.dropped).toBe(0);
});

test('where too many wait the oldest event goes, and not the test before it', async () => {
  const scene = await openWebhookScene(context);
  await scene.test('evt_test');
  await scene.admit(MOST_WAITING + 1);
  const taken = (await scene.take()).map(({ event }) => event.id);
  expect(taken).toEqual(['evt_test', 'evt_3', 'evt_4', 'evt_5', 'evt_6']);
  expect((await context.store.webhooks.endpoints.read(scene.name))?.health.dropped).toBe(2);
});

test('an endpoint that answered 410 gets nothing more, whatever a relay remembers of it', async () => {
  const scene = await openWebhookScene(context);
  await scene.admit(1);
  const [first] = await scene.take();
  if (!first) throw new Error('nothing was handed out');
  await scene.exchange([resultOf(first, { verdict: 'gone', status: 410, delayMs: 0 })]);
  expect(await scene.admit(3)).toEqual([]);
  expect([...(await scene.due()).keys()]).toEqual([first.entryId]);
  // They are kept, in case it is enabled and asks for them.
  expect(await context.store.webhooks.events.list(scene.name.tenantId, '-', 10)).toHaveLength(4);
});
