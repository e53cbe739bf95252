import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDirectoryBlobStore } from '../src/index.js';
import { createFlushSoon } from '../src/flush-soon.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pombo-flush-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('a blob put without waiting for the disk is there at once', async () => {
  const store = createDirectoryBlobStore({ dir, fsync: 'everysec' });
  const bytes = Buffer.from('pigeon');
  const { sha256 } = await store.put(bytes);
  expect((await createDirectoryBlobStore({ dir }).get(sha256)).equals(bytes)).toBe(true);
});

test('what is gone by then is no failure', async () => {
  const failures: unknown[] = [];
  const soon = createFlushSoon(dir, (error) => failures.push(error));
  const path = join(dir, 'file');
  await writeFile(path, 'x');
  soon.note(path);
  await rm(dir, { recursive: true });
  await soon.flush();
  expect(failures).toEqual([]);
});

test('a flush takes all that came before it', async () => {
  const soon = createFlushSoon(dir, () => undefined);
  for (const name of ['a', 'b']) {
    await writeFile(join(dir, name), name);
    soon.note(join(dir, name));
  }
  await expect(soon.flush()).resolves.toBeUndefined();
  await expect(soon.flush()).resolves.toBeUndefined();
});
