import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadConfig } from '@pombo/runtime';
import { startTestBucket, type TestBucket, testEnvironment } from '@pombo/testing';
import { sha256Of } from '../src/blob-key.js';
import { s3SettingsOf } from '../src/create-blob-store.js';
import { type BlobStore, createBlobStore } from '../src/index.js';
import { openS3Objects } from '../src/s3-objects.js';
import { failureOf } from './failure.js';

let dir: string;
let bucket: TestBucket;
let silent: Server;
const connections = new Set<Socket>();
const stores: BlobStore[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pombo-s3-failures-'));
  bucket = await startTestBucket({ strict: true });
  silent = createServer((socket) => connections.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const store of stores) store.close();
  for (const socket of connections) socket.destroy();
  silent.close();
  await bucket.close();
  await rm(dir, { recursive: true, force: true });
});

const configWith = (more: Readonly<Record<string, string>>) =>
  loadConfig(testEnvironment({ ...bucket.env, MEDIA_DIR: dir, S3_TIMEOUT_MS: '500', ...more }));

async function storeWith(more: Readonly<Record<string, string>>): Promise<BlobStore> {
  const store = await createBlobStore(configWith(more));
  stores.push(store);
  return store;
}

const silentUrl = () => `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;

test.each([
  ['is not there', () => 'http://127.0.0.1:1'],
  ['never answers', silentUrl],
])('a service that %s is a passing failure, in bounded time', async (_what, url) => {
  const store = await storeWith({ S3_ENDPOINT: url() });
  const started = performance.now();
  const attempts = [store.put(randomBytes(10)), store.get('a'.repeat(64)), store.keep('b'.repeat(64))];
  for (const failure of await Promise.all(attempts.map(failureOf))) {
    expect(failure).toMatchObject({ code: 'MEDIA_STORE_UNAVAILABLE', kind: 'unavailable', retryable: true });
    expect(failure.retryAfterSeconds).toBeGreaterThan(0);
    expect(failure.message).not.toContain('127.0.0.1');
  }
  expect(performance.now() - started).toBeLessThan(10_000);
});

test.each([
  ['a secret that is not its own', { S3_SECRET_ACCESS_KEY: 'wrong-secret' }, /SignatureDoesNotMatch/],
  ['a bucket that is not there', { S3_BUCKET: 'elsewhere' }, /S3_BUCKET \(elsewhere\).*NoSuchBucket/],
])('%s is found at start, by the name of the setting', async (_what, more, message) => {
  const failure = await failureOf((await storeWith(more)).check());
  expect(failure).toMatchObject({ code: 'INTERNAL_ERROR', retryable: false });
  expect(failure.message).toMatch(/S3_BUCKET/);
  expect(failure.message).toMatch(message);
  expect(JSON.stringify(failure.message)).not.toContain('wrong-secret');
});

test('bytes and files go out signed with their hash', async () => {
  const objects = await openS3Objects(s3SettingsOf(configWith({})));
  const bytes = randomBytes(100_000);
  const path = join(dir, 'file');
  await writeFile(path, bytes);
  const content = { sha256: sha256Of(bytes), sizeBytes: bytes.length, mimeType: 'image/png' };
  for (const source of [bytes, { path }]) {
    await objects.put('a/b c+ü', { ...content, source });
    await objects.copy('a/b c+ü', 'copy');
    const chunks: Buffer[] = [];
    for await (const chunk of (await objects.get('copy')).content) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    await objects.delete('copy');
    expect((await failureOf(objects.get('copy'))).code).toBe('MEDIA_NOT_FOUND');
  }
  objects.close();
});
