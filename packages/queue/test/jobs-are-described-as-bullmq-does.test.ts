import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Priority, type SendJob, shardOfDevice } from '@pombo/contracts';
import { createProducer, queueNameOf } from '@pombo/queue';
import { openTestStore, type TestStore } from '@pombo/testing';
import { Queue } from 'bullmq';

let context: TestStore;
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(() => context.close());

const DEVICE = 'dev_A1F01234567890123456';
const PRIORITIES: readonly Priority[] = ['high', 'normal', 'bulk'];

const draftOf = (nth: number, priority: Priority) => ({
  messageId: `3EB0A1F${String(nth).padStart(15, '0')}`,
  deviceId: DEVICE,
  priority,
  requestId: `request "${nth}" 🕊`,
  delayMs: 0,
});

test.each(PRIORITIES)(
  'a job of priority %s is described from the one before it as BullMQ itself would',
  async (priority) => {
    const { redis, store } = context;
    const later = createProducer(redis, store.keys);
    await later.describe(draftOf(0, priority));
    const realNow = Date.now;
    try {
      for (const [nth, now] of [1_764_250_000_000, 1_764_250_000_001, 1_999_999_999_999].entries()) {
        Date.now = () => now;
        const draft = draftOf(nth + 1, priority);
        const first = createProducer(redis, store.keys);
        expect(await later.describe(draft)).toEqual(await first.describe(draft));
        await first.close();
      }
    } finally {
      Date.now = realNow;
      await later.close();
    }
  },
);

test('a job described so is one that BullMQ finds, with its data and its time', async () => {
  const { redis, store } = context;
  const producer = createProducer(redis, store.keys);
  const queue = new Queue<SendJob>(queueNameOf(DEVICE), {
    connection: redis,
    prefix: store.keys.queuePrefix(shardOfDevice(DEVICE)),
  });
  const before = Date.now();
  for (const nth of [10, 11, 12]) {
    const { lua, keys, args } = await producer.describe(draftOf(nth, 'normal'));
    await redis.eval(lua, keys.length, ...keys, ...args);
  }
  const jobs = await queue.getJobs(['prioritized'], 0, -1, true);
  expect(jobs.map(({ id, data }) => [id, data])).toEqual(
    [10, 11, 12].map((nth) => [draftOf(nth, 'normal').messageId, { requestId: draftOf(nth, 'normal').requestId }]),
  );
  for (const { timestamp, opts } of jobs) {
    expect(timestamp).toBeGreaterThanOrEqual(before);
    expect(opts.priority).toBe(2);
  }
  await queue.close();
  await producer.close();
});
