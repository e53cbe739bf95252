import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createConsumer } from '@pombo/queue';
import { silentLogger } from '@pombo/runtime';
import { eventually, keysOf } from '@pombo/testing';
import { startDyingIngress } from './dying-ingress.js';
import { createReadyDevice, createTenant, type Harness, IMAGE_URL, NUMBER, openHarness } from './ingress-harness.js';
import { PNG_BASE64 } from './sample-png.js';

let harness: Harness;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(async () => harness.close());

let keysMade = 0;
const newKey = (): string => `order-${(keysMade += 1)}`;
const withKey = (key: string, more: Record<string, string> = {}) => ({ 'idempotency-key': key, ...more });

interface Stock {
  readonly records: string[];
  readonly jobs: string[];
}
async function stockOf({ enqueued }: Harness): Promise<Stock> {
  const keys = await enqueued();
  return { records: keys.filter((key) => key.includes(':m:')), jobs: keys.filter((key) => key.includes(':q-')) };
}
/** Ids of records and of jobs that were not there before. */
async function addedSince(before: Stock, context = harness) {
  const now = await stockOf(context);
  const added = (kind: keyof Stock) =>
    now[kind].filter((key) => !before[kind].includes(key)).map((key) => key.slice(-22));
  return { records: added('records'), jobs: added('jobs') };
}
const intentKeys = async (): Promise<string[]> =>
  (await keysOf(harness.store.redis, harness.config.REDIS_PREFIX)).filter((key) => key.includes('}:i:'));

describe('a request repeated with its Idempotency-Key', () => {
  test('gets the first answer again, and nothing is sent twice', async () => {
    const key = newKey();
    const before = await stockOf(harness);
    const first = await harness.sendImage({ captoin: 'x' }, withKey(key));
    const again = await harness.sendImage({ captoin: 'x' }, withKey(key));
    const id = first.body['message_id'];
    expect(first.status).toBe(202);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.status).toBe(202);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await addedSince(before)).toEqual({ records: [id], jobs: [id] });
  });

  test('gets it in whatever order, spelling and form the same is said', async () => {
    const key = newKey();
    const picture = { image_url: undefined, image: PNG_BASE64 };
    const first = await harness.sendImage({ ...picture, view_once: true, caption: 'a', delay: 1 }, withKey(key));
    const again = await harness.call('POST', '/send/image', {
      headers: withKey(key),
      body: {
        delay: '1',
        caption: 'a',
        viewOnce: true,
        image: `data:image/png;base64,${PNG_BASE64}`,
        to: `+${NUMBER}`,
      },
    });
    expect(again.body).toEqual(first.body);
    const list = { to: NUMBER, body: 'b', button_text: 'c', sections: [{ rows: [{ id: 'r', title: 't' }] }] };
    const other = newKey();
    const listed = await harness.call('POST', '/send/list', { headers: withKey(other), body: list });
    const sections = [{ rows: [{ title: 't', id: 'r' }] }];
    const alias = await harness.call('POST', '/send/interactive', {
      headers: withKey(other),
      body: { ...list, sections },
    });
    expect(listed.status).toBe(202);
    expect(alias.body['message_id']).toBe(listed.body['message_id']);
  });

  test('gets it however far the message has come, without a new job', async () => {
    const key = newKey();
    const first = await harness.sendImage({}, withKey(key));
    const id = String(first.body['message_id']);
    await harness.store.messages.transition(id, harness.deviceId, 'sent');
    await removeJob(id);
    const before = await stockOf(harness);
    expect((await harness.sendImage({}, withKey(key))).body).toEqual(first.body);
    // As it is when the ingress died before it noted that it was done.
    await forgetThatItIsDone(key);
    expect((await harness.sendImage({}, withKey(key))).body).toEqual(first.body);
    expect(await addedSince(before)).toEqual({ records: [], jobs: [] });
  });

  test('gets it when the record is forgotten, and when no device could be chosen any more', async () => {
    const { store } = harness;
    const { tenantId, token } = await createTenant(store);
    const deviceId = await createReadyDevice(store, tenantId);
    const body = { number: NUMBER, image_url: IMAGE_URL };
    const send = (headers = {}) => harness.call('POST', '/send/image', { token, body, headers: withKey('k', headers) });
    const first = await send();
    const id = String(first.body['message_id']);
    await store.devices.report(deviceId, { paired: false, state: 'logged_out' });
    expect((await send()).body).toEqual(first.body);
    await removeJob(id, deviceId);
    await store.redis.unlink(store.keys.record(id), store.keys.content(id));
    const before = await stockOf(harness);
    expect((await send()).body).toEqual(first.body);
    const waited = await send({ prefer: 'wait=60' });
    expect([waited.status, waited.body]).toEqual([202, first.body]);
    expect(await addedSince(before)).toEqual({ records: [], jobs: [] });
  });

  test('waits for the first message’s outcome, also when the first request did not wait for it', async () => {
    const key = newKey();
    const first = await harness.sendImage({}, withKey(key));
    const id = String(first.body['message_id']);
    const waiting = harness.sendImage({}, withKey(key, { prefer: 'wait=20' }));
    await eventually('someone waits', () => harness.store.redis.hexists(harness.store.keys.record(id), 'wait'));
    await harness.store.messages.transition(id, harness.deviceId, 'sent');
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ message_id: id, status: 'sent' });
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
    const late = await harness.sendImage({}, withKey(key, { prefer: 'wait=20' }));
    expect([late.status, late.body]).toEqual([200, answer.body]);
    expect((await harness.sendImage({}, withKey(key))).body).toEqual(first.body);
  });

  test('hears the failure of the first message when it waits', async () => {
    const key = newKey();
    const first = await harness.sendImage({}, withKey(key));
    const id = String(first.body['message_id']);
    const error = { code: 'RECIPIENT_NOT_ON_WHATSAPP', message: 'not there' };
    await harness.store.messages.transition(id, harness.deviceId, 'failed', { error });
    const answer = await harness.sendImage({}, withKey(key, { prefer: 'wait=20' }));
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ error_code: error.code, message_id: id });
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
  });
});

describe('an Idempotency-Key', () => {
  test('stands for one message among 50 requests at once', async () => {
    await createReadyDevice(harness.store, harness.tenantId);
    const key = newKey();
    const before = await stockOf(harness);
    const answers = await Promise.all(Array.from({ length: 50 }, () => harness.sendImage({}, withKey(key))));
    const [first] = answers;
    const id = first?.body['message_id'];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(answers.map(({ body }) => body)).toEqual(answers.map(() => first?.body));
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(await addedSince(before)).toEqual({ records: [id], jobs: [id] });
  });

  test('is refused with another body, whatever differs', async () => {
    const key = newKey();
    const base = {
      delay: 1,
      client_reference: 'a',
      send_at: '2020-01-01T00:00:00Z',
      quoted: { key: { id: 'A', fromMe: true }, message: { conversation: '' } },
    };
    const first = await harness.sendImage(base, withKey(key));
    expect(first.status).toBe(202);
    const before = await stockOf(harness);
    const others = [
      { caption: 'x' },
      { number: '5511888888888' },
      { image_url: `${IMAGE_URL}?` },
      { image_url: undefined, image: PNG_BASE64 },
      { device_id: harness.deviceId },
      { delay: 2 },
      { client_reference: 'b' },
      { send_at: '2020-01-01T00:00:01Z' },
      { expires_in: 60 },
      { priority: 'high' },
      { quoted: { key: { id: 'B', fromMe: true }, message: { conversation: '' } } },
    ];
    for (const other of others) {
      const { status, body } = await harness.sendImage({ ...base, ...other }, withKey(key));
      expect([Object.keys(other), status]).toEqual([Object.keys(other), 422]);
      expect(body).toMatchObject({
        success: false,
        error_code: 'IDEMPOTENCY_KEY_REUSED',
        validation: [{ field: 'Idempotency-Key' }],
      });
    }
    expect(await addedSince(before)).toEqual({ records: [], jobs: [] });
    expect((await harness.sendImage(base, withKey(key))).body).toEqual(first.body);
  });

  test('is refused for a message of another type', async () => {
    const headers = withKey(newKey());
    const first = await harness.sendImage({}, headers);
    const before = await stockOf(harness);
    const body = { number: NUMBER, text: 'hi' };
    const other = await harness.call('POST', '/send/text', { headers, body });
    expect([first.status, other.status]).toEqual([202, 422]);
    expect(other.body).toMatchObject({ error_code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await addedSince(before)).toEqual({ records: [], jobs: [] });
  });

  test('is another tenant’s own', async () => {
    const headers = withKey(newKey());
    const { tenantId, token } = await createTenant(harness.store);
    await createReadyDevice(harness.store, tenantId);
    const body = { number: NUMBER, image_url: IMAGE_URL };
    const answers = [
      await harness.sendImage({}, headers),
      await harness.call('POST', '/send/image', { headers, body, token }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(new Set(answers.map((answer) => answer.body['message_id'])).size).toBe(2);
  });

  test.each([
    ['empty', ''],
    ['256 characters long', 'k'.repeat(256)],
    ['holding a tab', 'a\tb'],
    ['holding a control character of Latin-1', 'a\u0085b'],
  ])('that is %s is refused by name', async (_what, key) => {
    const before = await intentKeys();
    const { status, body } = await harness.sendImage({}, withKey(key));
    expect(status).toBe(400);
    expect(body).toMatchObject({ error_code: 'VALIDATION_ERROR', validation: [{ field: 'Idempotency-Key' }] });
    expect(await intentKeys()).toEqual(before);
  });

  test('may be 255 characters of anything, and is nowhere in the clear', async () => {
    const key = `Müller (order 17): "${'x'.repeat(234)}`;
    const first = await harness.sendImage({}, withKey(key));
    expect(first.status).toBe(202);
    expect((await harness.sendImage({}, withKey(key))).body).toEqual(first.body);
    const keys = await keysOf(harness.store.redis, harness.config.REDIS_PREFIX);
    const dumps = await Promise.all(keys.map((name) => harness.store.redis.dumpBuffer(name)));
    expect(keys.filter((name, index) => name.includes('ller (') || dumps[index]?.includes('ller ('))).toEqual([]);
  });

  test('is forgotten after IDEMPOTENCY_RETENTION_MS from its first use', async () => {
    const before = await intentKeys();
    const key = newKey();
    await harness.sendImage({}, withKey(key));
    await harness.sendImage({}, withKey(key));
    const [name = ''] = (await intentKeys()).filter((known) => !before.includes(known));
    const left = await harness.store.redis.pttl(name);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(24 * 3_600_000);
  });

  test('is not used up by a body that is refused', async () => {
    const key = newKey();
    expect((await harness.sendImage({ delay: 61 }, withKey(key))).status).toBe(400);
    expect((await harness.sendImage({ image: 'AAAA', image_url: undefined }, withKey(key))).status).toBe(415);
    expect((await harness.sendImage({ device_id: 'dev_none' }, withKey(key))).status).toBe(404);
    expect((await harness.sendImage({}, withKey(key))).status).toBe(202);
  });
});

test('a message refused for now is accepted, once, when the request is repeated', async () => {
  const crowded = await openHarness({ settings: { DEVICE_MAX_WAITING: '1' } });
  try {
    const blocking = String((await crowded.sendImage()).body['message_id']);
    const before = await stockOf(crowded);
    const refused = await crowded.sendImage({}, withKey('k'));
    expect(refused.status).toBe(429);
    expect(await addedSince(before, crowded)).toEqual({ records: [], jobs: [] });
    await crowded.store.messages.transition(blocking, crowded.deviceId, 'sent');
    const accepted = await crowded.sendImage({}, withKey('k'));
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('idempotency-replayed')).toBeNull();
    const id = accepted.body['message_id'];
    expect((await crowded.sendImage({}, withKey('k'))).body).toEqual(accepted.body);
    expect(await addedSince(before, crowded)).toEqual({ records: [id], jobs: [id] });
  } finally {
    await crowded.close();
  }
});

test('an ingress may die at any of its commands: the repeated request makes it one message, one job, sent once', async () => {
  const { store, config, token } = harness;
  const { tenantId, token: own } = await createTenant(store);
  const deviceId = await createReadyDevice(store, tenantId);
  const body = { number: NUMBER, image_url: IMAGE_URL };
  const answered: string[] = [];
  const completed: boolean[] = [];
  expect(own).not.toBe(token);
  for (const lastOne of ['is lost', 'is done'] as const) {
    for (let commands = 0; completed.at(-1) !== true || commands === 0; commands += 1) {
      const before = await stockOf(harness);
      const headers = { authorization: own, 'content-type': 'application/json', ...withKey(newKey()) };
      const dying = await startDyingIngress(config);
      try {
        dying.dieAfter(commands, lastOne);
        const first = await fetch(`${dying.url}/send/image`, { method: 'POST', headers, body: JSON.stringify(body) });
        completed.push(!dying.dead);
        const known = ((await first.json()) as Record<string, unknown>)['message_id'];
        const repeat = () =>
          harness.call('POST', '/send/image', { token: own, headers: withKey(headers['idempotency-key']), body });
        const repeated = await Promise.all([repeat(), repeat()]);
        const id = String(repeated[0]?.body['message_id']);
        expect(repeated.map(({ status }) => status)).toEqual([202, 202]);
        expect(repeated[1]?.body).toEqual(repeated[0]?.body);
        if (known !== undefined) expect(id).toBe(known);
        expect(await addedSince(before)).toEqual({ records: [id], jobs: [id] });
        answered.push(id);
      } finally {
        await dying.stop();
      }
    }
  }
  // Who calls, intent, devices, intent, accept, job, note that it is done.
  expect(answered.length).toBeGreaterThan(2 * 7);
  expect(await sendAll(deviceId, answered.length)).toEqual([...answered].sort());
});

/** Plays the worker. @returns what it sent, sorted. */
async function sendAll(deviceId: string, count: number): Promise<string[]> {
  const { store } = harness;
  const epoch = Number(await store.redis.hget(store.keys.lease(deviceId), 'epoch'));
  const sent: string[] = [];
  const consumer = createConsumer({
    ...{ redis: store.redis, keys: store.keys, deviceId, epoch, logger: silentLogger },
    room: () => ({ jobs: 4 }),
    take(jobs) {
      for (const { messageId } of jobs) void send(messageId).then(() => consumer.finish(messageId));
    },
  });
  const send = async (messageId: string): Promise<void> => {
    if ((await store.messages.dispatch(messageId, deviceId, epoch)).verdict === 'go') sent.push(messageId);
    await store.messages.transition(messageId, deviceId, 'sent');
  };
  try {
    consumer.consume();
    await eventually('all are sent', async () => (await store.devices.waiting(deviceId)) === 0);
    expect(sent).toHaveLength(count);
    return sent.sort();
  } finally {
    await consumer.close();
  }
}

/** As a worker does when the message is settled. */
async function removeJob(id: string, deviceId = harness.deviceId): Promise<void> {
  const prefix = harness.store.keys.recordPrefix(id.slice(4, 7) as never).replace(/:m:$/, '');
  await harness.store.redis.unlink(`${prefix}:q-${deviceId}:${id}`);
}

async function forgetThatItIsDone(key: string): Promise<void> {
  const name = { tenantId: harness.tenantId, scope: 'send', key };
  const intent = await harness.store.intents.read(name);
  if (!intent?.done) throw new Error('it was not done');
  await harness.store.intents.update(name, { ...intent, done: false });
}
