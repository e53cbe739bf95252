import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WebhookName } from '@pombo/store';
import { eventually } from '@pombo/testing';
import { ok, startReceiver, status } from '../apps/webhooks/test/receiver.js';
import { openWebhooks, type WebhooksHarness } from '../apps/webhooks/test/webhooks-harness.js';
import type { ApiClient } from './harness/api-client.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

interface ClusterScript {
  readonly startRedisCluster: (options: { dir: string }) => Promise<{
    readonly nodes: string;
    killMaster(slot: number): Promise<string>;
    stop(): Promise<void>;
  }>;
}

/** In a variable, since plain JavaScript has no types to look up. */
const SCRIPT: string = '../scripts/redis-cluster.mjs';
const MESSAGES = 60;
const UNAVAILABLE = 'QUEUE_UNAVAILABLE';
/** A command may take a second; a machine that is busy with everything else, as long again and more. */
const SLOWEST_ANSWER_MS = 5_000;
const NUMBERS = ['5511999994001', '5511999994002', '5511999994003'];

const IN_TIME = { timeoutMs: 30_000 };
const WRITTEN = {
  ...{ messageId: '3A5C0F1E9B7D2468ACE0', chatJid: '5511999994000@s.whatsapp.net', type: 'text', text: 'hello' },
  senderJid: '5511999994000@s.whatsapp.net',
};

let stack: Stack;
let api: ApiClient;
let device: TestDevice;
let cluster: Awaited<ReturnType<ClusterScript['startRedisCluster']>>;
const undos: Array<() => Promise<unknown>> = [];
beforeAll(async () => {
  const { startRedisCluster } = (await import(SCRIPT)) as ClusterScript;
  const dir = await mkdtemp(join(tmpdir(), 'pombo-cluster-'));
  undos.push(() => rm(dir, { recursive: true, force: true }));
  cluster = await startRedisCluster({ dir });
  undos.push(() => cluster.stop());
  stack = await startStack({ env: { REDIS_CLUSTER_NODES: cluster.nodes } });
  undos.push(() => stack.close());
  device = await stack.addPairedDevice();
  await stack.startWorker();
  api = await stack.startIngress();
  await stack.whenConnected(device.deviceId);
}, 60_000);
afterAll(async () => {
  for (const undo of undos.reverse()) await undo();
});

/** As a client does: a refusal is tried again under the same key. @returns the message's id and the slowest answer. */
async function post(number: string, text: string): Promise<{ id: string; slowestMs: number }> {
  let slowestMs = 0;
  return eventually(
    'the message is accepted',
    async () => {
      const begun = performance.now();
      const { status, body } = await api.post('/send/text', { number, text }, { 'idempotency-key': text });
      slowestMs = Math.max(slowestMs, performance.now() - begun);
      if (status !== 202) expect({ status, code: body['error_code'] }).toEqual({ status: 503, code: UNAVAILABLE });
      return status === 202 ? { id: String(body['message_id']), slowestMs } : undefined;
    },
    { timeoutMs: 30_000 },
  );
}

const health = async ({ store }: WebhooksHarness, name: WebhookName) =>
  (await store.webhooks.endpoints.read(name))?.health;

const slotOf = (deviceId: string) => stack.store.redis.cluster('KEYSLOT', stack.store.keys.device(deviceId));

test('a message goes from POST to the phone on a Cluster', async () => {
  const { id } = await post('5511999994000', 'on a Cluster');
  await stack.whenState(id, 'delivered');
});

test('events reach their endpoints on a Cluster: tried again, logged, given up, replayed and tidied', async () => {
  const harness = await openWebhooks({ REDIS_CLUSTER_NODES: cluster.nodes, WEBHOOK_RETRY_DELAYS_MS: '5' });
  undos.push(() => harness.close());
  const receiver = await startReceiver(status(500));
  undos.push(() => receiver.close());
  const { log, deliveries, endpoints, events } = harness.store.webhooks;
  const name = await harness.addEndpoint(receiver.url(), { events: ['message.*'] });
  await harness.startApp();
  const devices = [harness.deviceId, await harness.addDevice(), await harness.addDevice()];
  const ids = await Promise.all(devices.map((id) => harness.queueMessage(id)));
  const written = { ...WRITTEN, sentAt: Date.now() };
  await harness.store.received.receive({ message: written, deviceId: harness.deviceId, tenantId: harness.tenantId });
  const expected = ids.length + 1;

  await eventually('all are given up', async () => (await log.dead(name, 0, 10)).length === expected, IN_TIME);
  expect(await log.attempts(name, undefined, 100)).toHaveLength(2 * expected);
  expect((await log.deadLetters(name, 10)).map(({ attempts }) => attempts)).toEqual([2, 2, 2, 2]);
  receiver.answer = ok;
  const dead = (await log.dead(name, 0, 10)).map(({ entryId }) => entryId);
  expect(await deliveries.requeue(name, dead)).toEqual({ queued: expected, handled: expected });
  await endpoints.change(name, { enabled: true });
  await endpoints.wake(name);
  await eventually('all are delivered', async () => (await health(harness, name))?.delivered === expected, IN_TIME);
  expect(await deliveries.test(name, 'evt_test_1', {})).toBe('ok');
  await endpoints.wake(name);
  await eventually('the test too', () => receiver.counts().has('evt_test_1'), IN_TIME);
  expect(receiver.counts().size).toBe(expected + 1);
  expect(await events.list(harness.tenantId, '-', 10)).toHaveLength(expected + 1);
  await deliveries.tidy(name);
  expect(await log.backlog(name)).toEqual({ waiting: 0, inFlight: 0, dead: 0 });
  expect(await endpoints.remove(name)).toBe(true);
}, 60_000);

test('while a master is killed and replaced sends are refused fast, and what was accepted arrives once', async () => {
  const ids: string[] = [];
  const slowest: number[] = [];
  let killing: Promise<unknown> | undefined;
  for (let index = 0; index < MESSAGES; index += 1) {
    if (index === MESSAGES / 3) killing = cluster.killMaster(await slotOf(device.deviceId));
    const { id, slowestMs } = await post(NUMBERS[index % NUMBERS.length] ?? '', `message ${index}`);
    ids.push(id);
    slowest.push(slowestMs);
  }
  await killing;
  for (const id of ids) await stack.whenState(id, 'delivered', 'read');

  for (const [index, number] of NUMBERS.entries()) {
    const { messages } = await stack.sandbox.recipient(number);
    expect(messages.map(({ id }) => id)).toEqual(ids.filter((_id, nth) => nth % NUMBERS.length === index));
    expect(messages.every(({ displayedCount }) => displayedCount === 1)).toBe(true);
  }
  expect(stack.sandbox.counters().decryptFailures).toBe(0);
  expect(Math.max(...slowest)).toBeLessThan(SLOWEST_ANSWER_MS);
}, 120_000);
