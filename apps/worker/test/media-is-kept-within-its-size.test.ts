import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type BlobStore, createDirectoryBlobStore } from '@pombo/media';
import { createWaitingJobs, type WaitingJobs } from '@pombo/queue';
import { createMetrics, type Metrics, silentLogger } from '@pombo/runtime';
import { openTestStore, playOwner, type TestStore } from '@pombo/testing';
import { createTestSender, type TestSender } from '../../../test/harness/send-jobs.js';
import { readNeededMedia } from '../src/janitor/needed-media.js';
import { createTendMedia } from '../src/janitor/tend-media.js';

const HOUR = 3_600_000;
const SIZE = 10_000;

let context: TestStore;
let sender: TestSender;
let jobs: WaitingJobs;
let blobs: BlobStore;
let dir: string;
let deviceId: string;
let metrics: Metrics;
beforeEach(async () => {
  context = await openTestStore();
  const { store, redis } = context;
  jobs = createWaitingJobs(redis, store.keys);
  sender = createTestSender(store, 'ten_a');
  deviceId = (await store.devices.create('ten_a', 'phone')).id;
  await store.devices.report(deviceId, { paired: true });
  dir = await mkdtemp(join(tmpdir(), 'pombo-size-'));
  blobs = createDirectoryBlobStore({ dir });
  metrics = createMetrics('test');
});
afterEach(async () => {
  await sender.close();
  await context.close();
  await rm(dir, { recursive: true, force: true });
});

/** Stored, and used last so long ago. */
async function storeBlob(ageMs = HOUR): Promise<string> {
  const { sha256 } = await blobs.put(randomBytes(SIZE));
  const then = new Date(Date.now() - ageMs);
  await utimes(join(dir, sha256.slice(0, 2), sha256), then, then);
  return sha256;
}

const sendBlob = (blob: string, options: { delayMs?: number; thumbnail?: string } = {}): Promise<string> => {
  const { delayMs = 0, thumbnail } = options;
  const content = {
    type: 'video',
    source: { blob },
    ...(thumbnail ? { thumbnail: { blob: thumbnail } } : {}),
  } as const;
  return sender.send({ deviceId, number: '5511999990000', content, expiresInMs: HOUR, delayMs });
};

function createStep(maxTotalBytes: number): () => Promise<void> {
  const { store } = context;
  const readNeeded = () => readNeededMedia(store, jobs);
  const options = { blobs, mediaSize: store.mediaSize, readNeeded, retentionMs: 24 * HOUR, maxTotalBytes };
  return createTendMedia({ ...options, metrics, logger: silentLogger });
}

const areThere = (keys: readonly string[]) => Promise.all(keys.map((key) => blobs.has(key)));
const bytesKnown = async () => (await context.store.mediaSize.read()).bytes;
const gauge = async () => (await metrics.mediaStored.get()).values[0]?.value;

test('what waiting messages need stays, due now, later or in hand, and the oldest of the rest goes', async () => {
  const needed = [await storeBlob(), await storeBlob(), await storeBlob(), await storeBlob()];
  const [queued = '', scheduled = '', inHand = '', thumbnail = ''] = needed;
  const [oldest, older, young] = [await storeBlob(5 * HOUR), await storeBlob(4 * HOUR), await storeBlob(1_000)];
  await sendBlob(queued, { thumbnail });
  await sendBlob(scheduled, { delayMs: 20 * 24 * HOUR });
  const epoch = await playOwner(context.store, deviceId);
  await context.store.messages.begin(await sendBlob(inHand), deviceId, epoch);
  const sent = await sendBlob(oldest);
  await context.store.messages.transition(sent, deviceId, 'sent');
  await jobs.remove([sent], deviceId, undefined);

  // Seven are more than nine tenths of this; at six and a bit it is enough.
  await createStep(77_000)();
  expect(await areThere([...needed, oldest, older, young])).toEqual([true, true, true, true, false, true, true]);
  expect(await bytesKnown()).toBe(6 * SIZE);
  expect(await gauge()).toBe(6 * SIZE);

  // Of what is left nothing else may go, however little room there is.
  await createStep(SIZE)();
  expect(await areThere([...needed, older, young])).toEqual([true, true, true, true, false, true]);
});

test('what a message needs that lost its job stays too', async () => {
  const [lost, unneeded] = [await storeBlob(), await storeBlob()];
  await jobs.remove([await sendBlob(lost)], deviceId, undefined);
  await createStep(SIZE)();
  expect(await areThere([lost, unneeded])).toEqual([true, false]);
});

test('what comes to be needed while it is looked at stays', async () => {
  const [blob, unneeded] = [await storeBlob(), await storeBlob()];
  const { store } = context;
  const readNeeded = async () => {
    const needed = await readNeededMedia(store, jobs);
    await blobs.keep(blob);
    await sendBlob(blob);
    return needed;
  };
  const options = { blobs, mediaSize: store.mediaSize, readNeeded, retentionMs: 24 * HOUR, maxTotalBytes: SIZE };
  await createTendMedia({ ...options, metrics, logger: silentLogger })();
  expect(await areThere([blob, unneeded])).toEqual([true, false]);
});

test('within its size nothing is looked at again, and nothing but what is too old goes', async () => {
  const [tooOld, old] = [await storeBlob(30 * HOUR), await storeBlob()];
  const step = createStep(100 * SIZE);
  await step();
  expect(await areThere([tooOld, old])).toEqual([false, true]);
  const late = await storeBlob(30 * HOUR);
  await context.store.mediaSize.read(5 * SIZE);
  await step();
  expect(await blobs.has(late)).toBe(true);
  expect(await bytesKnown()).toBe(6 * SIZE);
});
