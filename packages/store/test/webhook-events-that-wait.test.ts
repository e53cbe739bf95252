import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, openTestStore, type TestStore, testConfig } from '@pombo/testing';
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

test('a dead letter goes when its event goes, so that all that are counted can be seen', async () => {
  const scene = await openWebhookScene(context);
  const { redis, keys, webhooks } = context.store;
  await scene.admit(2);
  await scene.end({ verdict: 'dead' });
  await webhooks.deliveries.tidy(scene.name);
  expect(await webhooks.log.backlog(scene.name)).toMatchObject({ dead: 2 });
  expect(await webhooks.log.deadLetters(scene.name, 10)).toMatchObject([
    { event: { id: 'evt_2' }, attempts: 1, status: 500, error: 'status' },
    { event: { id: 'evt_1' } },
  ]);
  // As for too many events of the tenant, or after their time.
  await redis.xtrim(keys.tenantEvents(scene.name.tenantId), 'MAXLEN', 0);
  await eventually('they are forgotten', async () => {
    await webhooks.deliveries.tidy(scene.name);
    return (await webhooks.log.backlog(scene.name)).dead === 0;
  });
});

test('an event that waits already is made due, and keeps the attempts it has used up', async () => {
  const scene = await openWebhookScene(context);
  await scene.admit(2);
  const taken = await scene.end({ verdict: 'retry', delayMs: 600_000 });
  await scene.admit(1);
  const { deliveries } = context.store.webhooks;
  const entries = [...(await scene.due()).keys()];
  expect(entries).toHaveLength(3);
  // Two were not due before; of the third nothing changes.
  expect(await deliveries.requeue(scene.name, entries)).toEqual({ queued: 2, handled: 3 });
  expect(await deliveries.requeue(scene.name, entries)).toEqual({ queued: 0, handled: 3 });
  const again = await scene.take();
  expect(again.filter(({ attempt }) => attempt === 2).map(({ entryId }) => entryId)).toEqual(
    taken.map(({ entryId }) => entryId),
  );
  // In hand: it is on its way.
  expect(await deliveries.requeue(scene.name, entries)).toEqual({ queued: 0, handled: 3 });
  expect((await scene.due()).size).toBe(0);
});
