import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../src/blob-key.js';
import { type BlobStore, boundBlobStore, makeRoom, removeOlderThan, requireRoom } from '../src/index.js';
import { failureOf } from './failure.js';
import { DAY_MS, startDirectory, startS3, type StoreHarness } from './store-harness.js';

const UNKNOWN = 'f'.repeat(64);

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** In pieces, so that a put is under way while others come. */
async function* pieces(bytes: Buffer, size = 7_000) {
  for (let offset = 0; offset < bytes.length; offset += size) {
    await new Promise((resolve) => setImmediate(resolve));
    yield bytes.subarray(offset, offset + size);
  }
}

describe.each([
  ['a directory', startDirectory],
  ['a bucket', startS3],
])('%s', (_name, start) => {
  let harness: StoreHarness;
  let store: BlobStore;
  let other: BlobStore;
  beforeAll(async () => {
    harness = await start();
    other = await harness.open();
  });
  beforeEach(async () => {
    store = await harness.open();
  });
  afterAll(() => harness.close());

  test.each([0, 1, 65_536, 1_000_003])('gives back what it was given: %i bytes', async (sizeBytes) => {
    const bytes = randomBytes(sizeBytes);
    const stored = await store.put(bytes, { mimeType: 'image/png' });
    expect(stored).toEqual({ sha256: sha256Of(bytes), sizeBytes });
    expect((await other.get(stored.sha256)).equals(bytes)).toBe(true);
    expect((await readAll(other.stream(stored.sha256))).equals(bytes)).toBe(true);
    const file = await other.open(stored.sha256);
    expect((await readFile(file.path)).equals(bytes)).toBe(true);
    expect(file.sizeBytes).toBe(sizeBytes);
    await file.release();
  });

  test('takes a stream for the same blob, and shows it before it is stored', async () => {
    const bytes = randomBytes(300_000);
    let seen: Buffer | undefined;
    let stored: boolean | undefined;
    const inspect = async (path: string) => {
      seen = await readFile(path);
      stored = await store.has(sha256Of(bytes));
    };
    const fromStream = await store.put(Readable.from(pieces(bytes)), { inspect });
    expect(seen?.equals(bytes)).toBe(true);
    expect(stored).toBe(false);
    expect(await other.put(bytes)).toEqual(fromStream);
  });

  test('stores nothing of what inspection refuses', async () => {
    const bytes = randomBytes(10_000);
    const inspect = () => Promise.reject(new RangeError('no picture'));
    await expect(store.put(Readable.from(pieces(bytes)), { inspect })).rejects.toThrow(RangeError);
    expect(await other.has(sha256Of(bytes))).toBe(false);
  });

  test('takes equal content at once, from two processes, in both ways', async () => {
    const bytes = randomBytes(100_000);
    const puts = Array.from({ length: 12 }, (_, index) =>
      (index % 2 ? store : other).put(index % 3 ? bytes : Readable.from(pieces(bytes))),
    );
    expect(new Set((await Promise.all(puts)).map(({ sha256 }) => sha256))).toEqual(new Set([sha256Of(bytes)]));
    expect((await store.get(sha256Of(bytes))).equals(bytes)).toBe(true);
  });

  test('refuses what is above the limit, and stores nothing of it', async () => {
    const bytes = randomBytes(10_000);
    for (const content of [bytes, Readable.from(pieces(bytes))]) {
      expect((await failureOf(store.put(content, { maxBytes: 9_999 }))).code).toBe('PAYLOAD_TOO_LARGE');
    }
    expect(await store.has(sha256Of(bytes))).toBe(false);
  });

  test('passes a failure of the source on', async () => {
    const broken = async function* () {
      yield randomBytes(1_000);
      await Promise.resolve();
      throw new RangeError('client went away');
    };
    await expect(store.put(Readable.from(broken()))).rejects.toThrow(RangeError);
  });

  test('deletes, also what is not there', async () => {
    const { sha256 } = await store.put(randomBytes(10));
    await store.delete(sha256);
    await store.delete(sha256);
    expect(await other.has(sha256)).toBe(false);
  });

  test('says what it does not have', async () => {
    expect(await store.has(UNKNOWN)).toBe(false);
    expect(await store.keep('0'.repeat(64))).toBe(false);
    const attempts = [store.get(UNKNOWN), readAll(store.stream(UNKNOWN)), store.open(UNKNOWN)];
    for (const failure of await Promise.all(attempts.map(failureOf))) expect(failure.code).toBe('MEDIA_NOT_FOUND');
  });

  test.each(['', 'abc', '../../etc/passwd', 'F'.repeat(64), `${'a'.repeat(64)}\n`, `${'a'.repeat(64)}/..`, 'probes'])(
    'never makes a place of a key that is no hash: %j',
    async (key) => {
      const attempts = [store.get(key), store.has(key), store.keep(key), store.delete(key), readAll(store.stream(key))];
      for (const attempt of attempts) expect((await failureOf(attempt)).code).toBe('VALIDATION_ERROR');
    },
  );

  test.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, 500)],
    ['changed', (bytes: Buffer) => Buffer.concat([Buffer.from('x'), bytes.subarray(1)])],
  ])('hands out nothing damaged: %s', async (_how, change) => {
    const bytes = randomBytes(100_000);
    const { sha256 } = await store.put(bytes);
    await harness.damage(sha256, change(bytes));
    expect(await failureOf(store.get(sha256))).toMatchObject({ code: 'INTERNAL_ERROR', retryable: false });
    expect((await failureOf(readAll(store.stream(sha256)))).code).toBe('INTERNAL_ERROR');
  });

  test('mends by the next put what was cut', async () => {
    const bytes = randomBytes(10_000);
    const { sha256 } = await store.put(bytes);
    await harness.damage(sha256, bytes.subarray(0, 500));
    await store.put(bytes);
    expect((await store.get(sha256)).equals(bytes)).toBe(true);
  });

  test('removes what was not used for long, and nothing else', async () => {
    const names = ['old', 'young', 'put again', 'kept again', 'read'];
    const [old, young, again, kept, read] = await Promise.all(
      names.map(async (name) => (await store.put(Buffer.from(name))).sha256),
    );
    for (const sha256 of [old, again, kept, read] as string[]) await harness.makeOld(sha256);
    await store.put(Buffer.from('put again'));
    expect(await store.keep(String(kept))).toBe(true);
    expect((await store.get(String(read))).toString()).toBe('read');
    expect((await removeOlderThan(other, DAY_MS)).removed).toBe(2);
    const there = await Promise.all([old, young, again, kept, read].map((sha256) => store.has(String(sha256))));
    expect(there).toEqual([false, true, true, true, false]);
    expect((await store.get(String(again))).toString()).toBe('put again');
    expect((await store.get(String(kept))).toString()).toBe('kept again');
  });

  test('passes by what is kept for longer, until its day has come', async () => {
    const kept = await store.put(randomBytes(20));
    const put = await store.put(randomBytes(20), { keepUntil: Date.now() + 3 * DAY_MS });
    const over = await store.put(randomBytes(20), { keepUntil: Date.now() - 3 * DAY_MS });
    // The later of two counts.
    await store.keep(kept.sha256, Date.now() + 3 * DAY_MS);
    await store.keep(kept.sha256, Date.now() - 3 * DAY_MS);
    for (const { sha256 } of [kept, put, over]) await harness.makeOld(sha256);
    expect((await removeOlderThan(other, DAY_MS)).removed).toBe(1);
    const there = await Promise.all([kept, put, over].map(({ sha256 }) => store.has(sha256)));
    expect(there).toEqual([true, true, false]);
  });

  test('makes room by what was used longest ago, and by nothing that is needed or was used just now', async () => {
    const { leftBytes: others } = await removeOlderThan(other, DAY_MS);
    const sizes = { needed: 40_000, oldest: 40_000, old: 40_000, again: 40_000, young: 40_000 };
    const keys = Object.fromEntries(
      await Promise.all(
        Object.entries(sizes).map(async ([name, size]) => [name, (await store.put(randomBytes(size))).sha256] as const),
      ),
    ) as Record<keyof typeof sizes, string>;
    for (const name of ['needed', 'oldest', 'old', 'again'] as const) await harness.makeOld(keys[name]);
    await harness.makeOld(keys.oldest, 3 * DAY_MS);
    await store.keep(keys.again);
    // Whether it was asked to be kept does not count here: the message may have been canceled.
    await store.keep(keys.oldest, Date.now() + 3 * DAY_MS);
    await harness.makeOld(keys.oldest, 3 * DAY_MS);
    const there = async () =>
      (
        await Promise.all(Object.entries(keys).map(async ([name, key]) => ((await other.has(key)) ? [name] : [])))
      ).flat();
    const order = (fromBytes: number, toBytes: number) => ({
      ...{ fromBytes: others + fromBytes, toBytes: others + toBytes, usedBefore: Date.now() - DAY_MS },
      // Other tests’ too.
      isNeeded: (sha256: string) => sha256 === keys.needed || !Object.values(keys).includes(sha256),
    });

    expect(await makeRoom(other, order(200_000, 100_000))).toEqual({ removed: 0, leftBytes: others + 200_000 });
    expect(await makeRoom(other, order(190_000, 180_000))).toEqual({ removed: 1, leftBytes: others + 160_000 });
    expect(await there()).toEqual(['needed', 'old', 'again', 'young']);
    expect(await makeRoom(other, order(10_000, 0))).toEqual({ removed: 1, leftBytes: others + 120_000 });
    expect(await there()).toEqual(['needed', 'again', 'young']);
  });

  test('counts what is stored, once', async () => {
    const counted: number[] = [];
    const counting = await harness.open({ onStored: (sizeBytes) => counted.push(sizeBytes) });
    const [one, two] = [randomBytes(1_000), randomBytes(2_000)];
    await counting.put(one);
    await counting.put(one);
    await counting.put(Readable.from(pieces(two)));
    await counting.put(Readable.from(pieces(two)));
    expect(counted).toEqual([1_000, 2_000]);
  });

  test('takes nothing new while it is full, but what it has', async () => {
    await removeOlderThan(other, DAY_MS);
    let limit = 1_000;
    const bounded = boundBlobStore(store, (sizeBytes) => sizeBytes < limit);
    const known = randomBytes(999);
    const { sha256 } = await bounded.put(known);
    const full = {
      code: 'MEDIA_STORE_FULL',
      kind: 'unavailable',
      retryable: true,
      retryAfterSeconds: expect.any(Number),
    };
    expect(await failureOf(bounded.put(randomBytes(1_000)))).toMatchObject(full);
    limit = 0;
    await harness.makeOld(sha256);
    expect(await bounded.put(known)).toEqual({ sha256, sizeBytes: 999 });
    expect((await removeOlderThan(other, DAY_MS)).removed).toBe(0);
    expect(await failureOf(bounded.put(Readable.from(pieces(known))))).toMatchObject(full);
    expect(() => requireRoom((sizeBytes) => sizeBytes < 5, 5)).toThrow(expect.objectContaining({ code: full.code }));
  });

  test('never takes a blob that somebody has just found', async () => {
    const bytes = randomBytes(20);
    const { sha256 } = await store.put(bytes);
    for (let round = 0; round < 15; round++) {
      await harness.makeOld(sha256);
      const removals = [removeOlderThan(other, DAY_MS), removeOlderThan(store, DAY_MS)];
      const [found] = await Promise.all([store.keep(sha256), ...removals]);
      expect(await store.has(sha256)).toBe(found);
      await Promise.all([store.put(bytes), removeOlderThan(other, DAY_MS)]);
      expect(await store.has(sha256)).toBe(true);
    }
  });

  test('shows a worker whether it sees what the ingress wrote', async () => {
    await store.check();
    await store.writeProbe('installation-1');
    await removeOlderThan(other, 0);
    await other.readProbe('installation-1');
    const elsewhere = await harness.openElsewhere();
    expect((await failureOf(elsewhere.readProbe('installation-1'))).message).toMatch(/MEDIA_STORE/);
    expect((await failureOf(store.readProbe('installation'))).code).toBe('MEDIA_NOT_FOUND');
    expect((await failureOf(store.writeProbe('../x'))).code).toBe('VALIDATION_ERROR');
  });
});
