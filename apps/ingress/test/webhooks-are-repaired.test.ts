/** What an owner sees of deliveries, and has delivered again. Whoever delivers is played. */
import { receivedEventId, type WebhookName } from '@pombo/store';
import { eventually } from '@pombo/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openWebhookScene, resultOf, type WebhookScene } from '../../../packages/store/test/webhook-scene.js';
import { replay } from '../src/webhooks/replay.js';
import { type Answer, type Harness, openHarness } from './ingress-harness.js';

const MOST_WAITING = 4;

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness({ settings: { WEBHOOK_MAX_WAITING: String(MOST_WAITING), WEBHOOK_MAX_ENDPOINTS: '50' } });
});
afterAll(() => harness.close());

type Row = Readonly<Record<string, unknown>>;

interface Scene extends WebhookScene {
  get(path: string): Promise<Answer['body']>;
  post(path: string, body?: unknown): Promise<Answer['body']>;
}

/** An endpoint of its own tenant, since events are the tenant's. */
async function openScene(): Promise<Scene> {
  const { tenantId } = await harness.store.tenants.create('a tenant');
  const { token } = await harness.store.tenants.createToken(tenantId, 'admin');
  const made = await harness.call('POST', '/webhooks', { token, body: { url: 'http://127.0.0.1:9/hook' } });
  const webhookId = (made.body['webhook'] as { id: string }).id;
  const name: WebhookName = { tenantId, webhookId };
  const scene = await openWebhookScene(harness, name);
  return {
    ...scene,
    async get(path) {
      const { status, body } = await harness.call('GET', `/webhooks/${webhookId}${path}`, { token });
      expect(status).toBe(200);
      return body;
    },
    async post(path, body) {
      const given = body === undefined ? { token } : { token, body };
      const answer = await harness.call('POST', `/webhooks/${webhookId}${path}`, given);
      expect({ path, status: answer.status }).toEqual({ path, status: 202 });
      return answer.body;
    },
  };
}

const idsOf = (rows: unknown): unknown[] => (rows as Row[]).map((row) => row['event_id']);

describe('the delivery log', () => {
  test('is filtered by outcome and event, and read in pages, newest first', async () => {
    const scene = await openScene();
    await scene.admit(4);
    const [first, second, third, fourth] = await scene.take();
    if (!first || !second || !third || !fourth) throw new Error('too little was handed out');
    const fine = { verdict: 'ok', status: 200, error: '', answer: 'thanks' } as const;
    await scene.exchange([resultOf(first, fine)], { held: 3 });
    await scene.exchange([resultOf(second, { status: 0, error: 'timeout' })], { held: 2 });
    await scene.exchange([resultOf(third, { verdict: 'dead', answer: 'no' })], { held: 1 });
    await scene.exchange([resultOf(fourth, fine)]);

    const all = await scene.get('/deliveries');
    expect(idsOf(all['deliveries'])).toEqual(['evt_4', 'evt_3', 'evt_2', 'evt_1']);
    expect(all['next']).toBeNull();
    expect((all['deliveries'] as Row[])[1]).toMatchObject({
      ...{ event: 'message.sent', attempt: 1, success: false, outcome: 'dead', status: 500, error: 'status' },
      ...{ response: 'no', next_attempt_at: null },
    });
    const [retried] = (await scene.get('/deliveries?event_id=evt_2'))['deliveries'] as Row[];
    expect(retried).toMatchObject({ event_id: 'evt_2', outcome: 'retry', status: null, error: 'timeout' });
    expect(Date.parse(String(retried?.['next_attempt_at']))).toBeGreaterThan(Date.now());
    expect(idsOf((await scene.get('/deliveries?status=success'))['deliveries'])).toEqual(['evt_4', 'evt_1']);
    expect(idsOf((await scene.get('/deliveries?status=failed'))['deliveries'])).toEqual(['evt_3', 'evt_2']);
    expect(idsOf((await scene.get('/deliveries?status=dead'))['deliveries'])).toEqual(['evt_3']);

    const page = await scene.get('/deliveries?limit=3');
    expect(idsOf(page['deliveries'])).toEqual(['evt_4', 'evt_3', 'evt_2']);
    const rest = await scene.get(`/deliveries?limit=3&after=${String(page['next'])}`);
    expect(idsOf(rest['deliveries'])).toEqual(['evt_1']);
    expect(rest['next']).toBeNull();
  });
});

describe('dead letters', () => {
  test('are listed and counted, and gone from there once they are replayed', async () => {
    const scene = await openScene();
    await scene.admit(2, { deviceId: harness.deviceId, messageId: '3EB06481A70D11B2C3D4E5' });
    await scene.end({ verdict: 'dead', status: 0, error: 'timeout' });
    const { dead_letters: letters } = await scene.get('/dead-letters');
    expect(letters).toMatchObject([
      {
        ...{ event_id: 'evt_2', event: 'message.sent', message_id: '3EB06481A70D11B2C3D4E5' },
        ...{ device_id: harness.deviceId, attempts: 1, last_status: null, last_error: 'timeout' },
      },
      { event_id: 'evt_1' },
    ]);
    expect(idsOf((await scene.get('/dead-letters?limit=1'))['data'])).toEqual(['evt_2']);
    expect((await scene.get(''))['webhook']).toMatchObject({ dead_letters: 2, undelivered: 0 });

    expect(await scene.post('/replay', { failed: true })).toMatchObject({ queued: 2, complete: true, next: null });
    expect((await scene.get('/dead-letters'))['data']).toEqual([]);
    expect((await scene.get(''))['webhook']).toMatchObject({ dead_letters: 0, undelivered: 2 });
    // From the beginning of the schedule.
    expect((await scene.take()).map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  test('given up while they are replayed are left for the next time', async () => {
    const scene = await openScene();
    await scene.admit(3);
    await scene.end({ verdict: 'dead' });
    const { store } = harness;
    const { deliveries, endpoints } = store.webhooks;
    const endpoint = await endpoints.read(scene.name);
    if (!endpoint) throw new Error('there is no endpoint');
    let asked = 0;
    /** An endpoint that is down: what it is sent is given up at once. */
    const failing: typeof deliveries = {
      ...deliveries,
      async requeue(name, entries) {
        asked += entries.length;
        const done = await deliveries.requeue(name, entries);
        const then = Date.now();
        await eventually('time goes on', () => Date.now() > then, { intervalMs: 1 });
        await scene.end({ verdict: 'dead' });
        return done;
      },
    };
    const withFailing = { ...store, webhooks: { ...store.webhooks, deliveries: failing } };
    const replayed = await replay(withFailing, endpoint, { failed: true });
    expect(replayed).toEqual({ queued: 3, complete: true, next: null });
    expect(asked).toBe(3);
    expect(await store.webhooks.log.backlog(scene.name)).toMatchObject({ waiting: 0, dead: 3 });
  });
});

describe('a replay', () => {
  test('of one event queues it, and says so when there is no room', async () => {
    const scene = await openScene();
    await scene.admit(1);
    await scene.end({ verdict: 'ok', status: 200 });
    expect(await scene.post('/replay', { event_id: 'evt_1' })).toMatchObject({ queued: 1, complete: true });
    expect((await scene.end({ verdict: 'ok', status: 200 })).map(({ event }) => event.id)).toEqual(['evt_1']);
    await scene.admit(MOST_WAITING);
    expect(await scene.post('/replay', { event_id: 'evt_1' })).toMatchObject({ queued: 0, complete: false });
    // It waits, so nothing is to be done, and that is all.
    expect(await scene.post('/replay', { event_id: 'evt_3' })).toMatchObject({ queued: 0, complete: true });
  });

  test('of everything since a time goes on where there was no more room', async () => {
    const scene = await openScene();
    const since = new Date(Date.now() - 60_000).toISOString();
    for (let nth = 0; nth < 3; nth += 1) {
      await scene.admit(3);
      await scene.end({ verdict: 'ok', status: 200 });
    }
    const came: string[] = [];
    let answer = await scene.post('/replay', { since });
    for (let asked = 1; ; asked += 1) {
      came.push(...(await scene.end({ verdict: 'ok', status: 200 })).map(({ event }) => event.id));
      if (answer['complete'] === true) break;
      expect(asked).toBeLessThan(4);
      answer = await scene.post('/replay', { since, after: answer['next'] });
    }
    expect(came).toEqual(Array.from({ length: 9 }, (_none, nth) => `evt_${nth + 1}`));
    expect(answer['next']).toBeNull();
  });
});

describe('a message that somebody wrote to us', () => {
  const WRITTEN = {
    ...{ messageId: '3A5C0F1E9B7D2468ACE0', chatJid: '5511999994000@s.whatsapp.net', type: 'text', text: 'hello' },
    ...{ senderJid: '5511999994000@s.whatsapp.net', sentAt: Date.now() },
  };

  /** Its event, given up. */
  async function receive(scene: Scene) {
    const { devices, received } = harness.store;
    const { tenantId } = scene.name;
    const { id: deviceId } = await devices.create(tenantId, 'a phone');
    const name = await received.receive({ message: WRITTEN, deviceId, tenantId });
    if (name === undefined) throw new Error('it was known');
    const eventId = receivedEventId(name);
    await scene.admit(1, { id: eventId, event: 'message.received', deviceId, messageId: name });
    await scene.end({ verdict: 'dead' });
    return { eventId, key: harness.store.keys.received(deviceId, name) };
  }

  test('has WhatsApp’s id among the dead letters, and none when it is gone', async () => {
    const scene = await openScene();
    const { eventId, key } = await receive(scene);
    const letter = { event_id: eventId, event: 'message.received' };
    expect((await scene.get('/dead-letters'))['data']).toMatchObject([{ ...letter, message_id: WRITTEN.messageId }]);
    await harness.store.redis.del(key);
    expect((await scene.get('/dead-letters'))['data']).toMatchObject([{ ...letter, message_id: null }]);
  });

  test('is found for a replay, also once only the event is kept', async () => {
    const scene = await openScene();
    const { eventId, key } = await receive(scene);
    expect(await scene.post('/replay', { event_id: eventId })).toMatchObject({ queued: 1, complete: true });
    await harness.store.redis.del(key);
    await scene.end({ verdict: 'ok', status: 200 });
    expect(await scene.post('/replay', { event_id: eventId })).toMatchObject({ queued: 1, complete: true });
  });
});

test('an event is found among very many, from the time its id leads to or from the beginning', async () => {
  const scene = await openScene();
  const { events } = harness.store.webhooks;
  const { tenantId } = scene.name;
  const before = Date.now();
  await scene.admit(2500);
  expect(await events.find(tenantId, 'evt_2500', before - 1000)).toBeDefined();
  expect(await events.find(tenantId, 'evt_1', 0, Date.now() + 1000)).toBeDefined();
  expect(await events.find(tenantId, 'evt_1', Date.now() + 1000)).toBeUndefined();
  expect(await events.find(tenantId, 'evt_250', 0)).not.toBe(await events.find(tenantId, 'evt_2500', 0));
});

test('a test event goes before all that waits', async () => {
  const scene = await openScene();
  await scene.admit(2);
  const { event_id: eventId } = await scene.post('/test');
  const [first] = await scene.take({ wanted: 1 });
  expect(first?.event).toMatchObject({
    id: eventId,
    event: 'webhook.test',
    data: { webhook_id: scene.name.webhookId },
  });
});
