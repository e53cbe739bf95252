import type { WebhookName } from '@pombo/store';
import { eventually } from '@pombo/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ok, type Receiver, startReceiver, status } from './receiver.js';
import { openWebhooks, type WebhooksHarness } from './webhooks-harness.js';

const EVENTS = 30;
const IN_TIME = { timeoutMs: 30_000 };

let harness: WebhooksHarness;
let receiver: Receiver;
beforeAll(async () => {
  harness = await openWebhooks({ WEBHOOK_RETRY_DELAYS_MS: '100000000' });
  await harness.startApp();
});
afterAll(async () => {
  await harness.close();
  await receiver.close();
});

const delayedJobs = (): string => `${harness.store.keys.webhookQueuePrefix}:webhooks:delayed`;
const dueOf = ({ tenantId, webhookId }: WebhookName): string => harness.store.keys.webhookDue(tenantId, webhookId);
const inHandOf = ({ tenantId, webhookId }: WebhookName): string =>
  harness.store.keys.webhookFlying(tenantId, webhookId);

/** An endpoint with one event that waits for its second attempt, and nothing else to do. */
async function openScene() {
  receiver = await startReceiver(status(500));
  const name = await harness.addEndpoint(receiver.url(), { events: ['message.queued'] });
  const id = await harness.queueMessage();
  const { redis } = harness.store;
  await eventually('its next turn is planned', async () => (await redis.zcard(delayedJobs())) > 0, IN_TIME);
  receiver.answer = ok;
  return { name, redis, failed: `evt_${id}_queued` };
}

test('while an event waits for long, others come and go without a job left behind by each', async () => {
  const { name, redis, failed } = await openScene();
  for (let nth = 0; nth < EVENTS; nth += 1) {
    const id = await harness.queueMessage();
    await eventually('it came', () => receiver.counts().has(`evt_${id}_queued`), IN_TIME);
    await eventually('its turn is over', async () => (await redis.scard(inHandOf(name))) === 0, IN_TIME);
  }
  expect(await redis.zcard(dueOf(name))).toBe(1);
  // The turn of the event that waits, and what was planned in case this process died.
  expect(await redis.zcard(delayedJobs())).toBeLessThan(5);

  // Its job is lost, and its time has come: the event is found all the same.
  await redis.del(delayedJobs());
  const entries = await redis.zrange(dueOf(name), 0, -1);
  await redis.hset(harness.store.keys.webhook(name.tenantId, name.webhookId), 'turnAt', 1);
  await redis.zadd(dueOf(name), 1, entries[0] ?? '');
  await eventually('it came', () => receiver.counts().get(failed) === 2, IN_TIME);
});
