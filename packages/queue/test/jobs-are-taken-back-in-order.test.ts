import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Priority, shardOfDevice } from '@pombo/contracts';
import { createPatientRedis, type Redis, silentLogger } from '@pombo/runtime';
import { createLeases } from '@pombo/store';
import { eventually, openTestStore, type TestStore } from '@pombo/testing';
import {
  type Consumer,
  createConsumer,
  createProducer,
  JobReleased,
  type Producer,
  queueNameOf,
  takeBackJobs,
} from '@pombo/queue';

let context: TestStore;
let producer: Producer;
let deviceId: string;
let consumers: Consumer[] = [];

beforeAll(async () => {
  context = await openTestStore();
  producer = createProducer(context.redis, context.store.keys);
  await producer.ready();
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
  const { messages, redis } = context.store;
  const id = messages.createId(deviceId);
  const pipeline = redis.pipeline();
  messages.accept(pipeline, {
    ...{ id, deviceId, priority, delayMs, tenantId: 'ten_a', userId: 'usr_a', to: '5511999990000@s.whatsapp.net' },
    content: { type: 'image', source: { url: 'https://example.com/a.png' } },
    expiresInMs: 60_000,
    awaited: false,
  });
  await producer.add(pipeline, { messageId: id, deviceId, priority, requestId: 'r-1', delayMs });
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
  return id;
}

function consume(process: (id: string) => Promise<void>, { redis = context.redis, concurrency = 1 } = {}): Consumer {
  const consumer = createConsumer({
    ...{ redis, deviceId, concurrency, keys: context.store.keys, logger: silentLogger },
    process: ({ messageId }) => process(messageId),
  });
  consumers.push(consumer);
  consumer.consume();
  return consumer;
}

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
  const redis: Redis = createPatientRedis({ url: context.config.REDIS_URL, name: 'doomed', logger: silentLogger });
  await redis.connect();
  const inHand: string[] = [];
  const never = new Promise<void>(() => undefined);
  const doomed = consume((id) => (inHand.push(id), never), { redis, concurrency: count });
  await eventually(`${count} jobs are in hand`, () => inHand.length === count);
  await doomed.close();
  redis.disconnect();
  return inHand;
}

describe('a new owner', () => {
  test('gets what its predecessor had in hand first, in the order of acceptance', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 12; i += 1) ids.push(await accept());
    await claim('worker-1');
    const inHand = await takeInHandAndDie(8);
    expect(inHand).toEqual(ids.slice(0, 8));

    expect(await takeBackJobs(context.redis, context.store.keys, deviceId, await claim('worker-2'))).toBe(8);
    const done: string[] = [];
    consume((id) => note(done, id));
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
    consume((id) => note(done, id));
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
    consume((id) => note(done, id));
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

describe('a job', () => {
  test('that is released goes back in order, and the owner that let go of it takes no more', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 20; i += 1) ids.push(await accept());
    await claim('worker-1');
    const released: string[] = [];
    let letGo: () => void = () => undefined;
    const lost = new Promise<void>((resolve) => (letGo = resolve));
    consume((id) => lost.then(() => (released.push(id), Promise.reject(new JobReleased()))), { concurrency: 4 });
    const active = `${context.store.keys.queuePrefix(shardOfDevice(deviceId))}:${queueNameOf(deviceId)}:active`;
    await eventually('four are in hand', async () => (await context.redis.llen(active)) === 4);
    // Its successor has taken back what was in hand before; these come after that.
    letGo();
    await eventually('nothing is in hand', async () => (await context.redis.llen(active)) === 0);
    expect(released).toEqual(ids.slice(0, 4));

    const done: string[] = [];
    consume((id) => note(done, id));
    await eventually('all are done', () => done.length === ids.length);
    expect(done).toEqual(ids);
    expect(released).toHaveLength(4);
  });

  test('that is released stays for the next owner instead of being lost', async () => {
    const id = await accept();
    await claim('worker-1');
    let released = 0;
    const first = consume(() => {
      released += 1;
      return Promise.reject(new JobReleased());
    });
    await eventually('it was released', () => released === 1);
    await first.close();
    await takeBackJobs(context.redis, context.store.keys, deviceId, await claim('worker-2'));
    const done: string[] = [];
    consume((id) => note(done, id));
    await eventually('it is done', () => done.length === 1);
    expect(done).toEqual([id]);
  });

  test('whose processor broke is not lost either', async () => {
    const id = await accept();
    let tries = 0;
    const first = consume(() => {
      tries += 1;
      return Promise.reject(new Error('a bug'));
    });
    await eventually('it was tried', () => tries === 1);
    await first.close();
    expect(await takeBackJobs(context.redis, context.store.keys, deviceId, await claim('worker-2'))).toBe(1);
    expect(await context.store.messages.read(id)).toMatchObject({ state: 'queued' });
  });

  test('with a time to be sent at waits until then', async () => {
    const later = await accept('high', 400);
    const now = await accept('bulk');
    const done: string[] = [];
    consume((id) => note(done, id));
    await eventually('both are done', () => done.length === 2);
    expect(done).toEqual([now, later]);
  });

  test('is added once, however often its message is accepted', async () => {
    const id = await accept();
    const pipeline = context.redis.pipeline();
    await producer.add(pipeline, { messageId: id, deviceId, priority: 'normal', requestId: 'r-2', delayMs: 0 });
    await pipeline.exec();
    const done: string[] = [];
    consume((id) => note(done, id));
    const last = await accept();
    await eventually('the last is done', () => done.includes(last));
    expect(done).toEqual([id, last]);
  });
});
