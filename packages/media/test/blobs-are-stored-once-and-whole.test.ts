import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BlobStore, createDirectoryBlobStore, removeOlderThan } from '../src/index.js';
import { failureOf } from './failure.js';

let dir: string;
let store: BlobStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pombo-blobs-'));
  store = createDirectoryBlobStore({ dir });
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const pathOf = (sha256: string) => join(dir, sha256.slice(0, 2), sha256);
const incoming = () => readdir(join(dir, 'incoming'));
const UNKNOWN = 'f'.repeat(64);

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** In pieces, so that a put is under way while others come. */
async function* pieces(bytes: Buffer, size = 1_000) {
  for (let offset = 0; offset < bytes.length; offset += size) {
    await new Promise((resolve) => setImmediate(resolve));
    yield bytes.subarray(offset, offset + size);
  }
}

describe('what was put', () => {
  test.each([0, 1, 65_536, 1_000_003])('comes back: %i bytes', async (sizeBytes) => {
    const bytes = randomBytes(sizeBytes);
    const stored = await store.put(bytes, { mimeType: 'image/png' });
    expect(stored).toEqual({ sha256: sha256Of(bytes), sizeBytes });
    expect((await store.get(stored.sha256)).equals(bytes)).toBe(true);
    expect((await readAll(store.stream(stored.sha256))).equals(bytes)).toBe(true);
    expect(await store.has(stored.sha256)).toBe(true);
  });

  test('as a stream is the same blob', async () => {
    const bytes = randomBytes(300_000);
    const fromStream = await store.put(Readable.from(pieces(bytes)));
    expect(await store.put(bytes)).toEqual(fromStream);
    expect(await incoming()).toEqual([]);
  });

  test('is seen by another store on the same directory', async () => {
    const { sha256 } = await store.put(Buffer.from('shared'));
    expect((await createDirectoryBlobStore({ dir }).get(sha256)).toString()).toBe('shared');
  });

  test('is gone once deleted, and deleting again is fine', async () => {
    const { sha256 } = await store.put(Buffer.from('x'));
    await store.delete(sha256);
    await store.delete(sha256);
    expect(await store.has(sha256)).toBe(false);
  });

  test('is written once, whatever the number of puts', async () => {
    const bytes = randomBytes(100_000);
    const { sha256 } = await store.put(bytes);
    const { ino } = await stat(pathOf(sha256));
    await Promise.all([store.put(bytes), store.put(Readable.from(pieces(bytes))), store.put(bytes)]);
    expect((await stat(pathOf(sha256))).ino).toBe(ino);
  });

  test('above the limit is refused and leaves nothing', async () => {
    const bytes = randomBytes(10_000);
    for (const content of [bytes, Readable.from(pieces(bytes))]) {
      expect((await failureOf(store.put(content, { maxBytes: 9_999 }))).code).toBe('PAYLOAD_TOO_LARGE');
    }
    expect(await incoming()).toEqual([]);
    expect(await store.has(sha256Of(bytes))).toBe(false);
    expect((await store.put(bytes, { maxBytes: 10_000 })).sizeBytes).toBe(10_000);
  });
});

describe('equal content put at once', () => {
  test.each([
    ['by one process', () => [store, store]],
    ['by two processes', () => [store, createDirectoryBlobStore({ dir })]],
  ])('is one whole blob: %s', async (_by, stores) => {
    const bytes = randomBytes(200_000);
    const [one, other] = stores() as [BlobStore, BlobStore];
    const puts = Array.from({ length: 40 }, (_, index) =>
      (index % 2 ? one : other).put(index % 3 ? bytes : Readable.from(pieces(bytes, 7_000))),
    );
    const stored = await Promise.all(puts);
    expect(new Set(stored.map(({ sha256 }) => sha256))).toEqual(new Set([sha256Of(bytes)]));
    expect(await readFile(pathOf(sha256Of(bytes)))).toEqual(bytes);
    expect(await incoming()).toEqual([]);
    expect(await readdir(join(dir, sha256Of(bytes).slice(0, 2)))).toEqual([sha256Of(bytes)]);
  });

  test('while others read is never seen half', async () => {
    const bytes = randomBytes(500_000);
    const sha256 = sha256Of(bytes);
    const seen: number[] = [];
    for (let round = 0; round < 20; round++) {
      const putting = store.put(Readable.from(pieces(bytes, 20_000)));
      let done = false;
      void putting.finally(() => (done = true));
      while (!done) {
        const read = await store.get(sha256).catch(() => undefined);
        if (read) seen.push(read.length);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await putting;
      await store.delete(sha256);
    }
    expect(new Set(seen).size).toBeLessThanOrEqual(1);
  });
});

describe('a put that fails', () => {
  test('half-way leaves nothing, and passes the failure of the source on', async () => {
    const broken = async function* () {
      yield randomBytes(1_000);
      await Promise.resolve();
      throw new RangeError('client went away');
    };
    await expect(store.put(Readable.from(broken()))).rejects.toThrow(RangeError);
    expect(await incoming()).toEqual([]);
  });

  test('because a file stands in the way is our failure, and names the setting', async () => {
    const bytes = Buffer.from('x');
    await writeFile(join(dir, sha256Of(bytes).slice(0, 2)), 'not a folder');
    const failure = await failureOf(store.put(bytes));
    expect(failure).toMatchObject({ code: 'INTERNAL_ERROR', retryable: false });
    expect(failure.message).toMatch(/MEDIA_DIR/);
    expect(failure.message).not.toContain(dir);
  });
});

describe('a damaged blob', () => {
  const damage = async (change: (bytes: Buffer) => Buffer) => {
    const bytes = randomBytes(100_000);
    const { sha256 } = await store.put(bytes);
    await writeFile(pathOf(sha256), change(bytes));
    return { sha256, bytes };
  };

  test.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, 500)],
    ['emptied', () => Buffer.alloc(0)],
    ['changed', (bytes: Buffer) => Buffer.concat([Buffer.from('x'), bytes.subarray(1)])],
  ])('is not handed out: %s', async (_how, change) => {
    const { sha256 } = await damage(change);
    expect(await failureOf(store.get(sha256))).toMatchObject({ code: 'INTERNAL_ERROR', retryable: false });
    expect((await failureOf(readAll(store.stream(sha256)))).code).toBe('INTERNAL_ERROR');
  });

  test('that was cut, as by a power failure, is mended by the next put', async () => {
    const { sha256, bytes } = await damage((whole) => whole.subarray(0, 500));
    await store.put(bytes);
    expect((await store.get(sha256)).equals(bytes)).toBe(true);
  });
});

describe('a blob that is not there', () => {
  test('names the setting that both processes must share', async () => {
    for (const failure of [await failureOf(store.get(UNKNOWN)), await failureOf(readAll(store.stream(UNKNOWN)))]) {
      expect(failure.code).toBe('MEDIA_NOT_FOUND');
      expect(failure.message).toMatch(/MEDIA_DIR/);
    }
    expect(await store.has(UNKNOWN)).toBe(false);
  });

  test.each([
    '',
    'abc',
    '../../etc/passwd',
    `../${'a'.repeat(61)}`,
    'F'.repeat(64),
    'g'.repeat(64),
    `${'a'.repeat(64)}\n`,
    `${'a'.repeat(64)}/..`,
    'a'.repeat(65),
    'incoming',
  ])('a key that is no hash never becomes a path: %j', async (key) => {
    const attempts = [store.get(key), store.has(key), store.delete(key), readAll(store.stream(key))];
    for (const attempt of attempts) expect((await failureOf(attempt)).code).toBe('VALIDATION_ERROR');
  });
});

describe('retention', () => {
  const DAY_MS = 86_400_000;
  const makeOld = (path: string) => utimes(path, new Date(Date.now() - 2 * DAY_MS), new Date(Date.now() - 2 * DAY_MS));

  test('removes what was not put for long', async () => {
    const old = await store.put(Buffer.from('old'));
    const young = await store.put(Buffer.from('young'));
    await makeOld(pathOf(old.sha256));
    expect((await removeOlderThan(store, DAY_MS)).removed).toBe(1);
    expect([await store.has(old.sha256), await store.has(young.sha256)]).toEqual([false, true]);
  });

  test('starts anew with every put', async () => {
    const { sha256 } = await store.put(Buffer.from('again'));
    await makeOld(pathOf(sha256));
    await store.put(Buffer.from('again'));
    expect((await removeOlderThan(store, DAY_MS)).removed).toBe(0);
    expect(await store.has(sha256)).toBe(true);
  });

  test('starts anew when a blob is kept, and one that is not there cannot be kept', async () => {
    const { sha256 } = await store.put(Buffer.from('used'));
    await makeOld(pathOf(sha256));
    expect(await store.keep(sha256)).toBe(true);
    expect((await removeOlderThan(store, DAY_MS)).removed).toBe(0);
    expect(await store.keep('0'.repeat(64))).toBe(false);
  });

  test('passes by what is kept for longer, until its day has come', async () => {
    const kept = await store.put(Buffer.from('kept'));
    const put = await store.put(Buffer.from('put'), { keepUntil: Date.now() + 3 * DAY_MS });
    const over = await store.put(Buffer.from('over'), { keepUntil: Date.now() - 3 * DAY_MS });
    // The later of two counts.
    await store.keep(kept.sha256, Date.now() + 3 * DAY_MS);
    await store.keep(kept.sha256, Date.now() - 3 * DAY_MS);
    for (const { sha256 } of [kept, put, over]) await makeOld(pathOf(sha256));
    expect((await removeOlderThan(store, DAY_MS)).removed).toBe(1);
    expect(await Promise.all([kept, put, over].map(({ sha256 }) => store.has(sha256)))).toEqual([true, true, false]);
    const names = await readdir(dir, { recursive: true });
    expect(names.filter((name) => name.includes('.keep-'))).toHaveLength(2);
  });

  test('clears what a crash left behind, but nothing being written', async () => {
    const bytes = randomBytes(50_000);
    await store.check();
    await writeFile(join(dir, 'incoming', 'left.tmp'), 'half');
    await makeOld(join(dir, 'incoming', 'left.tmp'));
    const putting = store.put(Readable.from(pieces(bytes)));
    await removeOlderThan(store, DAY_MS);
    const { sha256 } = await putting;
    expect(await store.has(sha256)).toBe(true);
    expect(await incoming()).toEqual([]);
  });

  test('never takes a blob that a put has just found', async () => {
    const bytes = Buffer.from('wanted');
    const { sha256 } = await store.put(bytes);
    for (let round = 0; round < 100; round++) {
      await makeOld(pathOf(sha256));
      await Promise.all([store.put(bytes), removeOlderThan(store, DAY_MS), removeOlderThan(store, DAY_MS)]);
      expect(await store.has(sha256)).toBe(true);
    }
  });

  test('of a store that never held anything is fine', async () => {
    expect((await removeOlderThan(createDirectoryBlobStore({ dir: join(dir, 'new') }), 0)).removed).toBe(0);
  });
});

describe('at start', () => {
  test('the directory is made, checked and left clean', async () => {
    const fresh = createDirectoryBlobStore({ dir: join(dir, 'a', 'b') });
    await fresh.check();
    expect(await readdir(join(dir, 'a', 'b', 'incoming'))).toEqual([]);
    // With the folders of all blobs, which no put has to make any more.
    expect(await readdir(join(dir, 'a', 'b'))).toHaveLength(256 + 1);
    await fresh.check();
  });

  test('a directory that can not be one is refused by the name of its setting', async () => {
    await writeFile(join(dir, 'file'), '');
    const failure = await failureOf(createDirectoryBlobStore({ dir: join(dir, 'file') }).check());
    expect(failure.code).toBe('INTERNAL_ERROR');
    expect(failure.message).toBe(`MEDIA_DIR (${join(dir, 'file')}) can't be used: ENOTDIR.`);
  });

  test('a directory that can not be made is refused', async () => {
    const failure = await failureOf(createDirectoryBlobStore({ dir: join(dir, 'x'.repeat(300)) }).check());
    expect(failure.message).toMatch(/^MEDIA_DIR \(.*\) can't be used: ENAMETOOLONG\.$/);
  });

  test('a worker sees what the ingress wrote', async () => {
    await store.writeProbe('installation-1');
    await store.writeProbe('installation-1');
    await createDirectoryBlobStore({ dir }).readProbe('installation-1');
    expect((await removeOlderThan(store, 0)).removed).toBe(0);
    await store.readProbe('installation-1');
  });

  test('a worker on another directory says which setting to mend', async () => {
    await store.writeProbe('installation-1');
    const elsewhere = createDirectoryBlobStore({ dir: join(dir, 'elsewhere') });
    const failure = await failureOf(elsewhere.readProbe('installation-1'));
    expect(failure.code).toBe('MEDIA_NOT_FOUND');
    expect(failure.message).toMatch(/MEDIA_DIR .* does not hold what the ingress wrote/);
  });

  test('a probe never leaves its folder', async () => {
    expect((await failureOf(store.writeProbe('../x'))).code).toBe('VALIDATION_ERROR');
    expect((await failureOf(store.readProbe('../x'))).code).toBe('VALIDATION_ERROR');
  });
});
