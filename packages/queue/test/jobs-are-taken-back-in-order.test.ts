import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Priority, shardOfDevice } from '@pombo/contracts';
import { createPatientRedis, type Redis, silentLogger } from '@pombo/runtime';
import { createLeases, type MessageDraft } from '@pombo/store';
import { eventually, openTestStore, type TestStore } from '@pombo/testing';
import { type Consumer, createConsumer, createProducer, type Producer, queueNameOf, takeBackJobs } from '@pombo/queue';

let context: TestStore;
let producer: Producer;
let deviceId: string;
let consumers: Consumer[] = [];

beforeAll(async () => {
  context = await openTestStore();
  producer = createProducer(context.redis, context.store.keys);
});
afterAll(async () => {
  await producer.close();
  await context.close();
});
beforeEach(async () => {
  deviceId = (await context.store.devices.create('ten_a', 'phone')).id;
  await context.store.devices.report(deviceId, { paired: true });
  consumers = [];
});
afterEach(() => Promise.all(consumers.map((consumer) => consumer.close())));

async function accept(priority: Priority = 'normal', delayMs = 0): Promise<string> {
  const id = context.store.messages.createId(deviceId);
  await acceptAs(id, priority, delayMs);
  return id;
}

async function acceptAs(id: string, priority: Priority, delayMs: number): Promise<void> {
  const draft: MessageDraft = {
    ...{ id, deviceId, priority, tenantId: 'ten_a', userId: 'usr_a', to: '5511999990000@s.whatsapp.net' },
    content: { type: 'image', source: { url: 'https://example.com/a.png' } },
    expiresInMs: 60_000,
    awaited: false,
    ...(delayMs > 0 ? { sendAt: Date.now() + delayMs } : {}),
  };
  const job = await producer.describe({ messageId: id, deviceId, priority, requestId: 'r-1', delayMs });
  await context.store.messages.accept(draft, job);
}

interface Consuming {
  readonly redis?: Redis;
  /** Jobs in hand at most. */
  readonly inHand?: number;
}

/** Consumes under the latest epoch; a job is finished when `process` is. */
async function consume(
  process: (id: string) => Promise<void>,
  { redis = context.redis, inHand = 1 }: Consuming = {},
): Promise<Consumer> {
  const epoch = Number(await context.redis.hget(context.store.keys.lease(deviceId), 'epoch'));
  let free = inHand;
  const work = async (messageId: string): Promise<void> => {
    free -= 1;
    await process(messageId);
    free += 1;
    consumer.finish(messageId);
    consumer.roomChanged();
  };
  const consumer = createConsumer({
    ...{ redis, deviceId, epoch, keys: context.store.keys, logger: silentLogger },
    room: () => ({ jobs: free }),
    take(jobs) {
      for (const { messageId } of jobs) void work(messageId);
    },
  });
  consumers.push(consumer);
  consumer.consume();
  return consumer;
}

const never = new Promise<void>(() => undefined);

/** A processor that only notes what it was given. */
function note(done: string[], id: string): Promise<void> {
  done.push(id);
  return Promise.resolve();
}

async function claim(owner: string): Promise<number> {
  const leases = createLeases(context.redis, context.store.keys, owner);
  await context.redis.hdel(context.store.keys.lease(deviceId), 'owner');
  return (await leases.claim(deviceId))?.epoch ?? 0;
}

/** A worker that took jobs in hand and died: its connection is gone, its jobs are locked and active. */
async function takeInHandAndDie(count: number): Promise<string[]> {
  const redis: Redis = createPatientRedis({ target: context.config.REDIS, name: 'doomed', logger: silentLogger });
  await redis.connect();
  const inHand: string[] = [];
  const doomed = await consume((id) => (inHand.push(id), never), { redis, inHand: count });
  await eventually(`${count} jobs are in hand`, () => inHand.length === count);
  consumers.splice(consumers.indexOf(doomed), 1);
  redis.disconnect();
  // It can put nothing back any more.
  await doomed.close().catch(() => undefined);
  return inHand;
}

const activeJobs = (): Promise<number> =>
  context.redis.llen(`${context.store.keys.queuePrefix(shardOfDevice(deviceId))}:${queueNameOf(deviceId)}:active`);

describe('a new owner', () => {
  test('gets what its predecessor had in hand first, in the order of acceptance', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 12; i += 1) ids.push(await accept());
    await claim('worker-1');
    const inHand = await takeInHandAndDie(8);
    expect(inHand).toEqual(ids.slice(0, 8));

    expect(await takeBackJobs(context.redis, context.store.keys, deviceId, await claim('worker-2'))).toBe(8);
    const done: string[] = [];
    await consume((id) => note(done, id));
    await eventually('all are done', () => done.length === ids.length);
    expect(done).toEqual(ids);
  });

  test('keeps urgent messages before bulk ones', async () => {
    const bulk = [await accept('bulk'), await accept('bulk'), await accept('bulk')];
    await claim('worker-1');
    await takeInHandAndDie(2);
    const high = await accept('high');
    const normal = await accept('normal');
    await takeBackJobs(context.redis, context.store.keys, deviceId, await claim('worker-2'));
    const done: string[] = [];
    await consume((id) => note(done, id));
    await eventually('all are done', () => done.length === 5);
    expect(done).toEqual([high, normal, ...bulk]);
  });

  test('keeps the order however often owners die', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 12; i += 1) ids.push(await accept());
    await claim('worker-1');
    await takeInHandAndDie(8);
    for (const count of [1, 3, 2]) {
      await takeBackJobs(context.redis, context.store.keys, deviceId, await claim(`worker-with-${count}`));
      expect(await takeInHandAndDie(count)).toEqual(ids.slice(0, count));
    }
    await takeBackJobs(context.redis, context.store.keys, deviceId, await claim('worker-9'));
    const done: string[] = [];
    await consume((id) => note(done, id));
    await eventually('all are done', () => done.length === ids.length);
    expect(done).toEqual(ids);
  });

  test('takes nothing back when yet another owner came after it', async () => {
    await accept();
    const epoch = await claim('worker-1');
    await takeInHandAndDie(1);
    await claim('worker-2');
    expect(await takeBackJobs(context.redis, context.store.keys, deviceId, epoch)).toBeUndefined();
  });
});

describe('a consumer', () => {
  test('that closes puts back what it has in hand, in order', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 20; i += 1) ids.push(await accept());
    await claim('worker-1');
    const first = await consume(() => never, { inHand: 8 });
    await eventually('eight are in hand', async () => (await activeJobs()) === 8);
    await first.close();
    expect(await activeJobs()).toBe(0);
    const done: string[] = [];
    await consume((id) => note(done, id));
    await eventually('all are done', () => done.length === ids.length);
    expect(done).toEqual(ids);
  });

  test('puts nothing back that its successor has already', async () => {
    const id = await accept();
    await claim('worker-1');
    const first = await consume(() => never);
    await eventually('it is in hand', async () => (await activeJobs()) === 1);
    await takeBackJobs(context.redis, context.store.keys, deviceId, await claim('worker-2'));
    const taken: string[] = [];
    await consume((taking) => (taken.push(taking), never));
    await eventually('the successor has it', () => taken.length === 1);
    await first.close();
    expect(await activeJobs()).toBe(1);
    expect(taken).toEqual([id]);
  });

  test('takes nothing under an epoch that has passed', async () => {
    await claim('worker-1');
    const taken: string[] = [];
    const stale = await consume((id) => note(taken, id), { inHand: 10 });
    const before = await accept();
    await eventually('it takes jobs', () => taken.includes(before));
    await claim('worker-2');
    // BullMQ, which knows no epochs, may fetch it for the stale consumer, which lets go of it.
    const id = await accept();
    const done: string[] = [];
    await consume((taking) => note(done, taking));
    await eventually('the successor does it', () => done.length === 1);
    await stale.close();
    expect([done, taken]).toEqual([[id], [before]]);
  });

  test('takes hundreds in hand quickly, and all come back in order', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 600; i += 1) ids.push(await accept());
    await claim('worker-1');
    expect(await takeInHandAndDie(600)).toEqual(ids);
    const begun = performance.now();
    expect(await takeBackJobs(context.redis, context.store.keys, deviceId, await claim('worker-2'))).toBe(600);
    expect(performance.now() - begun).toBeLessThan(1000);
    const done: string[] = [];
    await consume((id) => note(done, id), { inHand: 600 });
    await eventually('all are done', () => done.length === ids.length);
    expect(done).toEqual(ids);
  });

  test('that is paused and resumed all the time keeps the order', async () => {
    const ids: string[] = [];
    await claim('worker-1');
    const done: string[] = [];
    const consumer = await consume((id) => note(done, id), { inHand: 4 });
    for (let i = 0; i < 300; i += 1) {
      consumer.pause();
      ids.push(await accept());
      consumer.consume();
    }
    await eventually('all are done', () => done.length === ids.length);
    expect(done).toEqual(ids);
  });

  test('finds jobs that were taken for it although it never heard of them', async () => {
    const ids = [await accept(), await accept()];
    await claim('worker-1');
    // As if the reply to its script had been lost with the connection.
    const prefix = `${context.store.keys.queuePrefix(shardOfDevice(deviceId))}:${queueNameOf(deviceId)}`;
    await context.redis.lpush(`${prefix}:active`, ids[0] ?? '');
    await context.redis.zrem(`${prefix}:prioritized`, ids[0] ?? '');
    const done: string[] = [];
    await consume((id) => note(done, id), { inHand: 0 });
    context.redis.emit('ready');
    await eventually('the stray one is done', () => done.length === 1);
    expect(done).toEqual(ids.slice(0, 1));
  });

  test('with a full hand takes only what is more urgent', async () => {
    await claim('worker-1');
    await accept('normal');
    const high = await accept('high');
    const epoch = Number(await context.redis.hget(context.store.keys.lease(deviceId), 'epoch'));
    const taken: string[] = [];
    const consumer = createConsumer({
      ...{ redis: context.redis, deviceId, epoch, keys: context.store.keys, logger: silentLogger },
      room: () => ({ jobs: 10, above: 'normal' }),
      take: (jobs) => void taken.push(...jobs.map(({ messageId }) => messageId)),
    });
    consumers.push(consumer);
    consumer.consume();
    await eventually('one is taken', () => taken.length > 0);
    const later = await accept('high');
    await eventually('another is taken', () => taken.length > 1);
    expect(taken).toEqual([high, later]);
  });

  test('drops the job of a message that was settled meanwhile', async () => {
    const canceled = await accept();
    const id = await accept();
    await context.store.messages.cancel(canceled, deviceId);
    await claim('worker-1');
    const done: string[] = [];
    await consume((taking) => note(done, taking));
    await eventually('the other is done', () => done.length === 1);
    expect(done).toEqual([id]);
    const prefix = `${context.store.keys.queuePrefix(shardOfDevice(deviceId))}:${queueNameOf(deviceId)}`;
    await eventually('no job is left', async () => (await context.redis.exists(`${prefix}:${id}`)) === 0);
    expect(await context.redis.exists(`${prefix}:${canceled}`)).toBe(0);
  });
});

describe('a job', () => {
  test('with a time to be sent at waits until then', async () => {
    const later = await accept('high', 400);
    const now = await accept('bulk');
    await claim('worker-1');
    const done: string[] = [];
    await consume((id) => note(done, id));
    await eventually('both are done', () => done.length === 2);
    expect(done).toEqual([now, later]);
  });

  test('is added once, however often its message is accepted', async () => {
    const id = await accept();
    await acceptAs(id, 'normal', 0);
    await claim('worker-1');
    const done: string[] = [];
    await consume((id) => note(done, id));
    const last = await accept();
    await eventually('the last is done', () => done.includes(last));
    expect(done).toEqual([id, last]);
  });
});

/** Without a wake-up a consumer looks again after 10 seconds. */
const SOON_MS = 5_000;

describe('a consumer at rest', () => {
  const msOf = async (work: () => Promise<unknown>): Promise<number> => {
    const begunAt = Date.now();
    await work();
    return Date.now() - begunAt;
  };

  test('takes what comes, and what is due later as soon as each is', async () => {
    await claim('w1');
    const done: string[] = [];
    await consume((id) => note(done, id));
    const first = await accept();
    await eventually('the first is taken', () => done.includes(first));
    const [late, later, now] = [await accept('normal', 300), await accept('normal', 600), await accept()];
    const tookMs = await msOf(() => eventually('all are taken', () => done.length === 4));
    expect(done).toEqual([first, now, late, later]);
    expect(tookMs).toBeLessThan(SOON_MS);
  });

  test.each([
    ['has lost its device', () => claim('w2')],
    ['is paused', (consumer: Consumer) => Promise.resolve(consumer.pause())],
  ])('that %s leaves what wakes it to the next', async (_why, retire) => {
    await claim('w1');
    const before: string[] = [];
    const retired = await consume((id) => note(before, id));
    const first = await accept();
    await eventually('it is at rest', async () => before.includes(first) && (await activeJobs()) === 0);
    await retire(retired);
    const after: string[] = [];
    await consume((id) => note(after, id));
    const tookMs = await msOf(async () => {
      const next = await accept();
      await eventually('the next one takes it', () => after.includes(next));
    });
    expect(before).toEqual([first]);
    expect(tookMs).toBeLessThan(SOON_MS);
  });
});
