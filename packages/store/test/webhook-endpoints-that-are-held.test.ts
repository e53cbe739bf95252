import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestStore, type TestStore } from '@pombo/testing';
import { openWebhookScene, resultOf } from './webhook-scene.js';

/** Far more than a test takes. */
const SLACK_MS = 20_000;

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

const heldUntil = async (scene: Awaited<ReturnType<typeof openWebhookScene>>): Promise<number> =>
  (await context.store.webhooks.endpoints.read(scene.name))?.health.heldUntil ?? 0;

test('an event waits for its own pause, and the endpoint for what it asked for', async () => {
  const scene = await openWebhookScene(context);
  await scene.admit(2);
  const [first] = await scene.take({ wanted: 1 });
  if (!first) throw new Error('nothing was handed out');
  const before = Date.now();
  const exchange = await scene.exchange([resultOf(first, { delayMs: 300_000, holdMs: 60_000 })]);
  expect(exchange).toMatchObject({ usable: false, deliveries: [] });
  expect((await scene.due()).get(first.entryId)).toBeGreaterThanOrEqual(before + 299_000);
  expect(await heldUntil(scene)).toBeGreaterThanOrEqual(before + 59_000);
  expect(await heldUntil(scene)).toBeLessThan(before + 60_000 + SLACK_MS);
});

test('of several pauses that are asked for the longest counts, whichever is told last', async () => {
  const scene = await openWebhookScene(context);
  await scene.admit(3);
  const [first, second, third] = await scene.take();
  if (!first || !second || !third) throw new Error('too little was handed out');
  const before = Date.now();
  await scene.exchange([resultOf(first, { holdMs: 600_000 }), resultOf(second, { holdMs: 5_000 })], { held: 1 });
  await scene.exchange([resultOf(third, { holdMs: 5_000 })]);
  expect(await heldUntil(scene)).toBeGreaterThanOrEqual(before + 599_000);
});

test('an endpoint that is enabled anew is held no longer', async () => {
  const scene = await openWebhookScene(context);
  await scene.admit(1);
  const [first] = await scene.take();
  if (!first) throw new Error('nothing was handed out');
  await scene.exchange([resultOf(first, { holdMs: 600_000 })]);
  await context.store.webhooks.endpoints.change(scene.name, { enabled: true });
  expect(await heldUntil(scene)).toBe(0);
});
