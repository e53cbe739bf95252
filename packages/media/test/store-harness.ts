/** One of each blob store, for tests of what they have in common. */
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@pombo/runtime';
import { startTestBucket, testEnvironment } from '@pombo/testing';
import { type BlobStore, type BlobStoreOptions, createBlobStore, createDirectoryBlobStore } from '../src/index.js';
import { sha256Of } from '../src/blob-key.js';
import { s3SettingsOf } from '../src/create-blob-store.js';
import { openS3Objects } from '../src/s3-objects.js';

export interface StoreHarness {
  /** Another process' view of the same. */
  open(listeners?: BlobStoreOptions): Promise<BlobStore>;
  /** One that shares nothing with it. */
  openElsewhere(): Promise<BlobStore>;
  /** As if nobody had used it for so long, two days unless it is said. */
  makeOld(sha256: string, ageMs?: number): Promise<void>;
  /** Puts other bytes in its place. */
  damage(sha256: string, bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export async function startDirectory(): Promise<StoreHarness> {
  const dir = await mkdtemp(join(tmpdir(), 'pombo-blobs-'));
  const pathOf = (sha256: string) => join(dir, sha256.slice(0, 2), sha256);
  return {
    open: (listeners = {}) => Promise.resolve(createDirectoryBlobStore({ dir, ...listeners })),
    openElsewhere: () => Promise.resolve(createDirectoryBlobStore({ dir: join(dir, 'elsewhere') })),
    makeOld: (sha256, ageMs = 2 * DAY_MS) =>
      utimes(pathOf(sha256), new Date(Date.now() - ageMs), new Date(Date.now() - ageMs)),
    damage: (sha256, bytes) => writeFile(pathOf(sha256), bytes),
    close: () => rm(dir, { recursive: true, force: true }),
  };
}

export async function startS3(): Promise<StoreHarness> {
  const dir = await mkdtemp(join(tmpdir(), 'pombo-blobs-'));
  const bucket = await startTestBucket();
  const opened: { close(): void }[] = [];
  const noted = <T extends { close(): void }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const env = { ...bucket.env, MEDIA_DIR: dir };
  const openWith = async (more: Record<string, string>, listeners?: BlobStoreOptions) =>
    noted(await createBlobStore(loadConfig(testEnvironment({ ...env, ...more })), listeners));
  const objects = noted(await openS3Objects(s3SettingsOf(loadConfig(testEnvironment(env)))));
  const keysOf = async (sha256: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const page of objects.list(`blobs/${sha256}/`)) keys.push(...page.map(({ key }) => key));
    return keys;
  };
  return {
    open: (listeners) => openWith({}, listeners),
    openElsewhere: () => openWith({ S3_PREFIX: 'elsewhere/' }),
    async makeOld(sha256, ageMs = 2 * DAY_MS) {
      const keys = await keysOf(sha256);
      const then = String(Math.floor((Date.now() - ageMs) / HOUR_MS)).padStart(8, '0');
      await objects.copy(keys.at(-1) ?? '', `blobs/${sha256}/${then}`);
      for (const key of keys) if (!key.endsWith(then)) await objects.delete(key);
    },
    async damage(sha256, bytes) {
      for (const key of await keysOf(sha256)) {
        await objects.put(key, { source: bytes, sizeBytes: bytes.length, sha256: sha256Of(bytes) });
      }
    },
    async close() {
      for (const one of opened) one.close();
      await bucket.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
