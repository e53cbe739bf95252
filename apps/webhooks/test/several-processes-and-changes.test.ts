/** Two processes on one Redis, few places, and owners who change their minds while events are under way. */
import type { NewWebhook, WebhookName } from '@pombo/store';
import { eventually, keysOf } from '@pombo/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { hang, ok, type Received, type Receiver, startReceiver } from './receiver.js';
import { openWebhooks, type WebhooksHarness } from './webhooks-harness.js';

/** To one endpoint, and of a process altogether. */
const IN_FLIGHT = 4;
const ALL_IN_FLIGHT = 8;
const IN_TIME = { timeoutMs: 30_000 };

let harness: WebhooksHarness;
const receivers: Receiver[] = [];
beforeAll(async () => {
  harness = await openWebhooks({
    WEBHOOK_IN_FLIGHT: String(IN_FLIGHT),
    WEBHOOK_TOTAL_IN_FLIGHT: String(ALL_IN_FLIGHT),
    WEBHOOK_TIMEOUT_MS: '60000',
  });
  await Promise.all([harness.startApp(), harness.startApp()]);
});
afterAll(async () => {
  for (const receiver of receivers) await receiver.close();
  await harness.close();
});

/** A tenant with a device and an endpoint. */
async function openScene(changes: Partial<NewWebhook> = {}) {
  const { tenantId } = await harness.store.tenants.create('a tenant');
  const device = await harness.addDevice(tenantId);
  const receiver = await startReceiver();
  receivers.push(receiver);
  const name: WebhookName = await harness.addEndpoint(receiver.url(), {
    ...{ tenantId, events: ['message.queued'] },
    ...changes,
  });
  const { endpoints, log } = harness.store.webhooks;
  return {
    ...{ name, receiver, device, endpoints },
    queueMany: async (count: number) => (await harness.queueMany(count, device)).map((id) => `evt_${id}_queued`),
    change: async (settings: Parameters<typeof endpoints.change>[1]) => {
      await endpoints.change(name, settings);
      await endpoints.wake(name);
    },
    backlog: () => log.backlog(name),
    attempts: () => log.attempts(name, undefined, 1000),
  };
}

/** An endpoint that answers when it is told to. */
function holdAnswers(receiver: Receiver) {
  const held: Array<readonly [ServerResponse, Received]> = [];
  receiver.answer = (response, received) => void held.push([response, received]);
  return {
    held,
    letGo: () => {
      receiver.answer = ok;
      for (const [response, received] of held.splice(0)) ok(response, received, 0);
    },
  };
}

test('two processes share one endpoint without sending an event twice or more at once than it may have', async () => {
  const { receiver, queueMany } = await openScene();
  let [now, most] = [0, 0];
  receiver.answer = (response) => {
    now += 1;
    most = Math.max(most, now);
    setImmediate(() => {
      now -= 1;
      response.writeHead(204).end();
    });
  };
  const ids = await queueMany(100);
  ids.push(...(await queueMany(100)));
  await eventually('all came', () => receiver.counts().size === ids.length, IN_TIME);
  expect(receiver.counts()).toEqual(new Map(ids.map((id) => [id, 1])));
  expect(most).toBeLessThanOrEqual(IN_FLIGHT);
});

test('endpoints that hang take no more than half of the places of any process', async () => {
  const { tenantId } = await harness.store.tenants.create('a tenant that hangs');
  const device = await harness.addDevice(tenantId);
  const receiver = await startReceiver(hang);
  receivers.push(receiver);
  const paths = Array.from({ length: 2 * ALL_IN_FLIGHT }, (_none, nth) => `/${nth}`);
  const hanging = await Promise.all(
    paths.map((path) => harness.addEndpoint(receiver.url(path), { tenantId, events: ['message.queued'] })),
  );
  await harness.queueMany(5, device);
  // Of one process or, most often, of both.
  await eventually('they have what they may have', () => receiver.received.length >= ALL_IN_FLIGHT / 2, IN_TIME);
  const other = await openScene();
  const ids = await other.queueMany(50);
  await eventually('the others are served', () => other.receiver.counts().size === ids.length, IN_TIME);
  expect(receiver.received.length).toBeLessThanOrEqual(ALL_IN_FLIGHT);
  for (const name of hanging) await harness.store.webhooks.endpoints.remove(name);
  receiver.answer = ok;
});

test('a URL that is changed counts for every event that is not under way yet', async () => {
  const { receiver, queueMany, change, backlog } = await openScene();
  const { held, letGo } = holdAnswers(receiver);
  const ids = await queueMany(20);
  await eventually('some are under way', () => held.length === IN_FLIGHT, IN_TIME);
  await change({ url: receiver.url('/moved') });
  // An event that comes later is told to the process later.
  ids.push(...(await queueMany(1)));
  await eventually(
    'it heard of both',
    async () => (await backlog()).waiting + (await backlog()).inFlight === 21,
    IN_TIME,
  );
  letGo();
  await eventually('all came', () => receiver.counts().size === ids.length, IN_TIME);
  expect(receiver.received.filter(({ path }) => path === '/hook')).toHaveLength(IN_FLIGHT);
  expect(receiver.counts()).toEqual(new Map(ids.map((id) => [id, 1])));
});

test('an endpoint that is disabled gets nothing more, and everything once it is enabled', async () => {
  const { receiver, queueMany, change, backlog, attempts } = await openScene();
  const { held, letGo } = holdAnswers(receiver);
  const ids = await queueMany(20);
  await eventually('some are under way', () => held.length === IN_FLIGHT, IN_TIME);
  await change({ enabled: false });
  await eventually('what was ready is put back', async () => (await backlog()).waiting === 20 - IN_FLIGHT, IN_TIME);
  letGo();
  await eventually('what was under way is noted', async () => (await attempts()).length === IN_FLIGHT, IN_TIME);
  expect(await backlog()).toMatchObject({ waiting: 20 - IN_FLIGHT, inFlight: 0 });
  expect(receiver.received).toHaveLength(IN_FLIGHT);
  await change({ enabled: true });
  await eventually('the rest came', () => receiver.counts().size === ids.length, IN_TIME);
  expect(receiver.counts()).toEqual(new Map(ids.map((id) => [id, 1])));
});

test('an event that was asked for when it came is delivered, whatever is asked for later', async () => {
  const { receiver, queueMany, change } = await openScene();
  const { held, letGo } = holdAnswers(receiver);
  const ids = await queueMany(10);
  await eventually('some are under way', () => held.length === IN_FLIGHT, IN_TIME);
  await change({ events: ['message.sent'] });
  letGo();
  await eventually('all came', () => receiver.counts().size === ids.length, IN_TIME);
});

test('an endpoint that is removed with events under way leaves nothing behind', async () => {
  const { name, receiver, queueMany, endpoints } = await openScene();
  const { held, letGo } = holdAnswers(receiver);
  await queueMany(20);
  await eventually('some are under way', () => held.length === IN_FLIGHT, IN_TIME);
  expect(await endpoints.remove(name)).toBe(true);
  letGo();
  await harness.addEndpoint(receiver.url('/other'), { tenantId: name.tenantId, events: ['message.queued'] });
  const [later] = await queueMany(1);
  await eventually('another one is served', () => receiver.counts().has(String(later)), IN_TIME);
  const left = await keysOf(harness.store.redis, harness.config.REDIS_PREFIX);
  // A turn that is planned ends by itself.
  expect(left.filter((key) => key.includes(`:w:${name.webhookId}`))).toEqual([]);
  expect(receiver.received.length).toBeLessThan(20);
});
