/** What an endpoint was encrypted with is no longer in the configuration: it waits, and nobody else does. */
import { loadConfig, silentLogger } from '@pombo/runtime';
import { createWebhookId, createWebhookSecret, type WebhookName } from '@pombo/store';
import { eventually, openTestStore } from '@pombo/testing';
import { createWebhooksApp, type WebhooksApp } from '@pombo/webhooks';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { type Receiver, startReceiver } from './receiver.js';
import { openWebhooks, type WebhooksHarness } from './webhooks-harness.js';

const KEPT = Buffer.alloc(32, 8).toString('hex');
const GONE = Buffer.alloc(32, 9).toString('hex');
const PLAIN = { ...{ single: false, events: ['message.queued'], deviceIds: [] }, enabled: true, description: '' };

let harness: WebhooksHarness;
let receiver: Receiver;
let app: WebhooksApp;
let later: WebhooksApp | undefined;

beforeAll(async () => {
  harness = await openWebhooks({ SESSION_ENCRYPTION_KEY: KEPT });
  receiver = await startReceiver();
  app = await harness.startApp();
});
afterEach(async () => {
  await later?.stop();
  later = undefined;
});
afterAll(async () => {
  await harness.close();
  await receiver.close();
});

/** An endpoint as it was made when the key was still there. */
async function addLocked(path: string, headers: Record<string, string> = {}) {
  const before = await openTestStore(loadConfig({ ...harness.env, SESSION_ENCRYPTION_KEY: GONE }));
  const { tenantId } = harness;
  const name: WebhookName = { tenantId, webhookId: createWebhookId() };
  const secret = createWebhookSecret();
  const identity = { id: name.webhookId, tenantId, userId: 'usr_test', url: receiver.url(path) };
  await before.store.webhooks.endpoints.put({ ...PLAIN, ...identity, headers, secrets: [{ secret }] });
  await before.redis.quit();
  return { name, secret };
}

const cameTo = (path: string) => receiver.received.filter((one) => one.path === path);
const whenCame = (path: string) => eventually(`an event at ${path}`, () => cameTo(path)[0]);
const health = async (name: WebhookName) => (await harness.store.webhooks.endpoints.read(name))?.health;
const waiting = async (name: WebhookName) => (await harness.store.webhooks.log.backlog(name)).waiting;

test('an endpoint whose secret cannot be read says so, and gets its events once it has a new one', async () => {
  const { name } = await addLocked('/locked');
  await harness.addEndpoint(receiver.url('/free'), { events: ['message.queued'] });
  const id = await harness.queueMessage();
  await whenCame('/free');
  await eventually('it is kept', async () => (await waiting(name)) === 1);
  expect(await health(name)).toMatchObject({ state: 'paused', reason: 'secret_unreadable' });
  expect(cameTo('/locked')).toHaveLength(0);

  const secret = createWebhookSecret();
  await harness.store.webhooks.endpoints.change(name, { secrets: [{ secret }] });
  await harness.store.webhooks.endpoints.wake(name);
  const { headers, body, json } = await whenCame('/locked');
  expect(json.id).toBe(`evt_${id}_queued`);
  expect(new Webhook(secret).verify(body, headers)).toEqual(json);
  expect(await health(name)).toMatchObject({ state: 'active' });
});

test('headers that cannot be read are not left out of a delivery', async () => {
  const { name } = await addLocked('/headers', { 'x-team': 'blue' });
  await harness.store.webhooks.endpoints.change(name, { secrets: [{ secret: createWebhookSecret() }] });
  await harness.queueMessage();
  await eventually('it is kept', async () => (await waiting(name)) === 1);
  expect(await health(name)).toMatchObject({ state: 'paused', reason: 'headers_unreadable' });

  await harness.store.webhooks.endpoints.change(name, { headers: { 'x-team': 'red' } });
  await harness.store.webhooks.endpoints.wake(name);
  expect((await whenCame('/headers')).headers['x-team']).toBe('red');
});

test('a document whose content cannot be read is told without its file name, and holds up nothing', async () => {
  await harness.addEndpoint(receiver.url('/document'), { events: ['message.queued'] });
  const before = await openTestStore(loadConfig({ ...harness.env, SESSION_ENCRYPTION_KEY: GONE }));
  const id = before.store.messages.createId(harness.deviceId);
  await before.store.messages.accept({
    ...{ id, deviceId: harness.deviceId, tenantId: harness.tenantId, userId: 'usr_test' },
    ...{ to: '5511999990000@s.whatsapp.net', priority: 'normal', expiresInMs: 600_000, awaited: false },
    content: { type: 'document', source: { url: 'https://files.example/a.pdf' }, file_name: 'a.pdf' },
  });
  await before.redis.quit();
  const later = await harness.queueMessage();
  await eventually('both came', () => cameTo('/document').length === 2);
  const [told] = cameTo('/document').filter(({ json }) => json.data['message_id'] === id);
  expect(told?.json.data).toMatchObject({ status: 'queued', type: 'document' });
  expect(told?.body).not.toContain('a.pdf');
  expect(cameTo('/document').map(({ json }) => json.id)).toContain(`evt_${later}_queued`);
});

test('when the key is back, what waited is delivered under the old secret', async () => {
  const { name, secret } = await addLocked('/back');
  await harness.queueMessage();
  await eventually('it is kept', async () => (await waiting(name)) === 1);
  await app.stop();
  // A turn that came to nothing is taken for planned for some seconds, or until the settings change.
  await harness.store.webhooks.endpoints.change(name, { description: 'the key is back' });
  const both = `${KEPT},${GONE}`;
  later = createWebhooksApp(loadConfig({ ...harness.env, SESSION_ENCRYPTION_KEY: both }), { logger: silentLogger });
  await later.start();
  const { headers, body, json } = await whenCame('/back');
  expect(new Webhook(secret).verify(body, headers)).toEqual(json);
});
