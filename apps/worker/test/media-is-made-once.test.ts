/** Who makes what many need at the same time, and what the others hear when it goes wrong. */
import { PomboError } from '@pombo/contracts';
import { openTestStore, type TestStore } from '@pombo/testing';
import { createReusables, type Reusables } from '@pombo/store';
import { NotConnectedError } from '@pombo/whatsapp';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createOnce, type Once } from '../src/reuse/once.js';

let context: TestStore;
let nth = 0;
let what: { tenantId: string; name: string };

beforeAll(async () => {
  context = await openTestStore();
});
beforeEach(() => {
  what = { tenantId: 'ten_once', name: `something ${(nth += 1)}` };
});
afterAll(() => context.close());

/** Another process as far as Redis can tell. */
const newReusables = (): Reusables => createReusables(context.redis, context.store.keys, context.store.cipher);

/** A device's way to have it made: what it made is kept in Redis, where the others look. */
function device(once: Once, reusables: Reusables, make: () => Promise<string>) {
  const { signal } = new AbortController();
  let made = 0;
  return {
    get made() {
      return made;
    },
    obtain: () =>
      once(what, signal, {
        recall: () => undefined,
        find: () => reusables.read(what),
        async make() {
          made += 1;
          const value = await make();
          await reusables.save(what, value, 60_000);
          return { value, isNew: true };
        },
      }),
  };
}

/** Ends the test: a rejection nobody handles. */
const fail = (error: unknown): never => {
  throw error;
};

const uploadFailed = () => new PomboError('UPLOAD_FAILED', 'the proxy is down', { retryable: true });

test('what several devices and workers need at the same time is made once', async () => {
  const workers = [newReusables(), newReusables(), newReusables()].map((reusables) => ({
    once: createOnce(reusables, fail),
    reusables,
  }));
  const devices = workers.flatMap(({ once, reusables }) =>
    [1, 2].map((name) => device(once, reusables, () => Promise.resolve(`made by ${name}`))),
  );
  const found = await Promise.all(devices.flatMap(({ obtain }) => [obtain(), obtain()]));
  expect(devices.reduce((sum, { made }) => sum + made, 0)).toBe(1);
  expect(new Set(found.map(({ value }) => value)).size).toBe(1);
  expect(found.filter(({ isNew }) => isNew)).toHaveLength(1);
});

test.each([
  ['cannot upload', uploadFailed],
  ['lost its connection', () => new NotConnectedError()],
])('a device that %s does not fail the messages of another one', async (_why, failure) => {
  const reusables = newReusables();
  const once = createOnce(reusables, fail);
  const broken = device(once, reusables, () => Promise.reject(failure()));
  const well = device(once, reusables, () => Promise.resolve('made'));
  const [first, second] = await Promise.allSettled([broken.obtain(), well.obtain()]);
  expect(first.status).toBe('rejected');
  expect(second).toMatchObject({ status: 'fulfilled', value: { value: 'made', isNew: true } });
});

test('a file that cannot be had fails all that wait for it, with one try', async () => {
  const reusables = newReusables();
  const once = createOnce(reusables, fail);
  const make = () => Promise.reject(new PomboError('MEDIA_DOWNLOAD_FAILED', 'not found'));
  const devices = [device(once, reusables, make), device(once, reusables, make)];
  const results = await Promise.allSettled(devices.map(({ obtain }) => obtain()));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(devices.map(({ made }) => made)).toEqual([1, 0]);
});

test('what was encrypted with a key that is no longer there counts as not there', async () => {
  const reusables = newReusables();
  await reusables.save(what, 'made', 60_000);
  const keys = await context.redis.keys(`${context.store.keys.reusable(what.tenantId, '')}*`);
  await Promise.all(keys.map((name) => context.redis.set(name, Buffer.alloc(64))));
  expect(await reusables.read(what)).toBeUndefined();
});
