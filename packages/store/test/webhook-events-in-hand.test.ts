import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestStore, type TestStore } from '@pombo/testing';
import { openWebhookScene, resultOf } from './webhook-scene.js';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

const idsOf = (taken: ReadonlyArray<{ readonly event: { readonly id: string } }> = []): string[] =>
  taken.map(({ event }) => event.id).sort();

test('events handed out in a reply that was lost are handed out again, to the process that has nothing in hand', async () => {
  const scene = await openWebhookScene(context);
  await scene.admit(3);
  expect(await scene.take({ wanted: 2 })).toHaveLength(2);
  // That turn is over, and another begins.
  expect(idsOf(await scene.take())).toEqual(['evt_1', 'evt_2', 'evt_3']);
  expect(await scene.take({ held: 3 })).toEqual([]);
});

test('an exchange that is repeated hands out the same again, also to a process that has others in hand', async () => {
  const scene = await openWebhookScene(context);
  await scene.admit(2);
  const [first, second] = await scene.take({ wanted: 2 });
  if (!first || !second) throw new Error('too little was handed out');
  await scene.admit(2);
  // The connection broke: the same is asked again, as ioredis does, and answered.
  const results = [resultOf(first, { verdict: 'ok', status: 200 }), resultOf(second)];
  const ask = { held: 0, wanted: 1, number: 1000 };
  expect(idsOf((await scene.exchange(results, ask))?.deliveries)).toEqual(['evt_3']);
  expect(idsOf((await scene.exchange(results, ask))?.deliveries)).toEqual(['evt_3']);
  // The second time one is in hand already.
  const more = { held: 1, wanted: 1, number: 1001 };
  expect(idsOf((await scene.exchange([], more))?.deliveries)).toEqual(['evt_4']);
  expect(idsOf((await scene.exchange([], more))?.deliveries)).toEqual(['evt_4']);
  expect(await context.store.webhooks.log.backlog(scene.name)).toMatchObject({ inFlight: 2, waiting: 1 });
});

test('what a repeated exchange tells is on record once', async () => {
  const scene = await openWebhookScene(context);
  await scene.admit(3);
  const [first, second, third] = await scene.take();
  if (!first || !second || !third) throw new Error('too little was handed out');
  const fine = [first, second].map((delivery) => resultOf(delivery, { verdict: 'ok', status: 200 }));
  const results = [...fine, resultOf(third, { verdict: 'dead' })];
  for (let asked = 0; asked < 3; asked += 1) await scene.exchange(results, { number: 1000 });
  const { log, endpoints } = context.store.webhooks;
  expect(await log.attempts(scene.name, undefined, 10)).toHaveLength(3);
  expect((await endpoints.read(scene.name))?.health.delivered).toBe(2);
  expect(await log.backlog(scene.name)).toEqual({ waiting: 0, inFlight: 0, dead: 1 });
});

test('what another process has in hand stays there while it lives', async () => {
  const scene = await openWebhookScene(context);
  await scene.admit(1);
  expect(idsOf(await scene.take())).toEqual(['evt_1']);
  expect(await scene.take({ owner: 'process-2' })).toEqual([]);
});
