/**
 * A blob store in a bucket. An object's time cannot be set and an object cannot be removed on a condition, so what was
 * used when is in the key: `blobs/<SHA-256>/<hour>`. Using a blob makes one of this hour; what removes touches past hours
 * only, and so can never take what somebody has just found. Beside them: `kept/<SHA-256>.keep-DAY`, `probes/`.
 * docs/decisions/0016 says more.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { PomboError } from '@pombo/contracts';
import { damagedBlob, requireKey, requireToken, sha256Of, verified } from './blob-key.js';
import type { BlobStore, PutOptions, StoredBlob } from './blob-store.js';
import { createScratch, type Scratch } from './media-file.js';
import { requireSize } from './require-size.js';
import { reasonOf, s3MediaNotFound } from './s3-error.js';
import { generationKey, hourOf, type Generation, newestOf } from './s3-generations.js';
import { createS3Keeper } from './s3-keep-marks.js';
import { openS3Objects, type S3Content, type S3Objects, type S3Settings } from './s3-objects.js';
import { removeObjects } from './s3-remove-objects.js';

export interface S3BlobStoreSettings extends S3Settings {
  /** A folder of this machine, for what is being hashed or looked at. */
  readonly scratchDir: string;
  /** Hears how much was written that was not there before. */
  readonly onStored?: ((sizeBytes: number) => void) | undefined;
}

/** Between finding a generation and using it, a newer one may have replaced it; more than once is a bug. */
const LOOKS = 3;

export async function createS3BlobStore(settings: S3BlobStoreSettings): Promise<BlobStore> {
  const objects = await openS3Objects(settings);
  const scratch = await createScratch(settings.scratchDir);
  return buildStore(objects, scratch, settings);
}

function buildStore(
  objects: S3Objects,
  scratch: Scratch,
  { bucket, onStored = () => undefined }: S3BlobStoreSettings,
): BlobStore {
  const keeper = createS3Keeper(objects);
  /** Equal content arriving at once is written once. */
  const writing = new Map<string, Promise<void>>();

  /** @returns undefined when the blob is not there. */
  async function withNewest<T>(sha256: string, use: (found: Generation) => Promise<T>): Promise<T | undefined> {
    for (let look = 1; look <= LOOKS; look += 1) {
      const found = await newestOf(objects, requireKey(sha256));
      if (!found) return undefined;
      try {
        return await use(found);
      } catch (error) {
        if (!(error instanceof PomboError) || error.code !== 'MEDIA_NOT_FOUND') throw error;
      }
    }
    return undefined;
  }

  /** Makes it one of this hour. @returns its size, undefined when it is not there. */
  const renew = (sha256: string): Promise<number | undefined> =>
    withNewest(sha256, async ({ hour, key, sizeBytes }) => {
      const now = hourOf(Date.now());
      if (hour < now) await objects.copy(key, generationKey(sha256, now));
      return sizeBytes;
    });

  const storeOnce = async (content: S3Content): Promise<void> => {
    if ((await renew(content.sha256)) === content.sizeBytes) return;
    await objects.put(generationKey(content.sha256, hourOf(Date.now())), content);
    onStored(content.sizeBytes);
  };

  const store = (content: S3Content): Promise<void> => {
    const running = writing.get(content.sha256);
    if (running) return running;
    const stored = storeOnce(content).finally(() => writing.delete(content.sha256));
    writing.set(content.sha256, stored);
    return stored;
  };

  async function putBytes(bytes: Uint8Array, { maxBytes = Infinity, mimeType }: PutOptions): Promise<StoredBlob> {
    requireSize(bytes.length, maxBytes);
    const blob = { sha256: sha256Of(bytes), sizeBytes: bytes.length };
    await store({ ...blob, mimeType, source: bytes });
    return blob;
  }

  async function putStream(content: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredBlob> {
    const { maxBytes = Infinity, mimeType, inspect } = options;
    const file = await scratch.write(content, maxBytes);
    const { path, sha256, sizeBytes } = file;
    try {
      await inspect?.(path);
      await store({ sha256, sizeBytes, mimeType, source: { path } });
      return { sha256, sizeBytes };
    } finally {
      await file.release();
    }
  }

  const fetchNewest = async (sha256: string) => {
    const found = await withNewest(sha256, ({ key }) => objects.get(key));
    if (!found) throw s3MediaNotFound();
    return found;
  };

  async function* readVerified(sha256: string): AsyncGenerator<Buffer, void, undefined> {
    yield* verified((await fetchNewest(sha256)).content, sha256);
  }

  return {
    async put(content, options = {}) {
      const { keepUntil } = options;
      const blob = await (content instanceof Uint8Array ? putBytes(content, options) : putStream(content, options));
      if (keepUntil !== undefined) await keeper.mark(blob.sha256, keepUntil);
      return blob;
    },
    async keep(sha256, keepUntil) {
      // Marked first: a janitor that saw no mark finds the blob renewed, or it is gone and we say so.
      if (keepUntil !== undefined) await keeper.mark(requireKey(sha256), keepUntil);
      return (await renew(sha256)) !== undefined;
    },
    async get(sha256) {
      const { sizeBytes, content } = await fetchNewest(sha256);
      const bytes = await collect(content, sizeBytes);
      if (sha256Of(bytes) !== sha256) throw damagedBlob();
      return bytes;
    },
    stream: (sha256) => Readable.from(readVerified(sha256), { objectMode: false }),
    async open(sha256) {
      const { content, sizeBytes } = await fetchNewest(sha256);
      return scratch.write(verified(content, sha256), sizeBytes);
    },
    has: async (sha256) => (await newestOf(objects, requireKey(sha256))) !== undefined,
    async delete(sha256) {
      for await (const page of objects.list(`blobs/${requireKey(sha256)}/`)) {
        for (const { key } of page) await objects.delete(key);
      }
    },
    check: () => checkBucket(objects, bucket),
    writeProbe: async (token) => objects.put(`probes/${requireToken(token)}`, small(token)),
    async readProbe(token) {
      const probe = `probes/${requireToken(token)}`;
      for await (const page of objects.list(probe)) if (page.some(({ key }) => key === probe)) return;
      throw probeMissing(bucket);
    },
    removeWhere: (isOver) => removeObjects(objects, isOver),
    close: () => objects.close(),
  };
}

/** Into one buffer of its size, so that the bytes are there once. */
async function collect(content: AsyncIterable<Buffer>, sizeBytes: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let offset = 0;
  for await (const chunk of content) {
    chunk.copy(bytes, offset);
    offset += chunk.length;
  }
  if (offset !== sizeBytes) throw damagedBlob();
  return bytes;
}

function small(text: string): S3Content {
  const source = Buffer.from(text);
  return { source, sizeBytes: source.length, sha256: sha256Of(source) };
}

async function checkBucket(objects: S3Objects, bucket: string): Promise<void> {
  const key = `probes/check-${randomUUID()}`;
  try {
    await objects.put(key, small(key));
    const { sizeBytes, content } = await objects.get(key);
    const read = await collect(content, sizeBytes);
    await objects.delete(key);
    if (read.toString() !== key) throw damagedBlob();
  } catch (error) {
    const cause = error instanceof PomboError ? (error.cause ?? error) : error;
    throw new PomboError('INTERNAL_ERROR', `S3_BUCKET (${bucket}) can't be used: ${reasonOf(cause)}.`, { cause });
  }
}

function probeMissing(bucket: string): PomboError {
  const hint = 'set MEDIA_STORE, S3_ENDPOINT, S3_BUCKET and S3_PREFIX of ingress and worker alike';
  return new PomboError('MEDIA_NOT_FOUND', `S3_BUCKET (${bucket}) does not hold what the ingress wrote: ${hint}.`, {
    cause: s3MediaNotFound(),
  });
}
