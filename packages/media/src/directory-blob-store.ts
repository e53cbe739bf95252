/**
 * A blob store in a directory, local or on a share that ingress and worker both mount. Layout:
 * `ab/abcd…` (the blobs, in 256 folders by their first two digits), beside them `abcd….keep-DAY` (empty: not to be
 * removed before that day), `incoming/` (being written), `probes/`.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { PomboError } from '@pombo/contracts';
import { LRUCache } from 'lru-cache';
import { damagedBlob, requireKey, requireToken, sha256Of, verified } from './blob-key.js';
import type { BlobStore, PutOptions, StoredBlob } from './blob-store.js';
import { createDirectories, createDirectory, publishFile, writeTemporaryFile, writeWhole } from './durable-write.js';
import { createFlushSoon } from './flush-soon.js';
import { createKeeper } from './keep-marks.js';
import { removeBlobs } from './remove-blobs.js';
import { requireSize } from './require-size.js';
import { mediaNotFound, onDisk, systemErrorCode, toStoreError } from './store-error.js';

export interface DirectoryBlobStoreSettings {
  /** The setting MEDIA_DIR; created when missing. */
  readonly dir: string;
  /**
   * When what was put is flushed to the disk: before `put` resolves (default), or within a second after it.
   * The setting MEDIA_FSYNC.
   */
  readonly fsync?: 'always' | 'everysec';
  /** Hears when it was not. */
  readonly onFlushFailure?: ((error: unknown) => void) | undefined;
  /** Hears how much was written that was not there before, as far as was looked. */
  readonly onStored?: ((sizeBytes: number) => void) | undefined;
}

/** Folders of blobs: the first two digits of their names. */
const FOLDERS = Array.from({ length: 256 }, (_, nth) => nth.toString(16).padStart(2, '0'));
/** Blobs remembered as stored: 1 MB of memory. */
const REMEMBERED = 10_000;

/** One installation may have several processes on one directory; puts of the same content are safe in parallel. */
export function createDirectoryBlobStore({
  dir,
  fsync = 'always',
  onFlushFailure = () => undefined,
  onStored = () => undefined,
}: DirectoryBlobStoreSettings): BlobStore {
  const incoming = join(dir, 'incoming');
  const pathOf = (sha256: string) => join(dir, sha256.slice(0, 2), requireKey(sha256));
  const probePath = (token: string) => join(dir, 'probes', requireToken(token));
  /** Equal content arriving at once is written once; the others wait, so none answers before the bytes are durable. */
  const writing = new Map<string, Promise<StoredBlob>>();
  /** What this process stored lately, and so will often find stored. */
  const lately = new LRUCache<string, true>({ max: REMEMBERED });
  const soon = fsync === 'everysec' ? createFlushSoon(dir, onFlushFailure) : undefined;

  async function write(content: AsyncIterable<Uint8Array>, { maxBytes, inspect }: PutOptions): Promise<StoredBlob> {
    await createDirectory(incoming);
    const { path, sha256, sizeBytes } = await writeTemporaryFile(incoming, content, maxBytes);
    try {
      await inspect?.(path);
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
    try {
      const isThere = await renew(pathOf(sha256), sizeBytes);
      if (isThere) await rm(path, { force: true });
      else await publishFile(path, pathOf(sha256));
      if (!isThere) onStored(sizeBytes);
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined);
      throw toStoreError(error);
    }
    return { sha256, sizeBytes };
  }

  async function putBytes(bytes: Uint8Array, { maxBytes = Infinity }: PutOptions): Promise<StoredBlob> {
    requireSize(bytes.length, maxBytes);
    const sha256 = sha256Of(bytes);
    const running = writing.get(sha256);
    if (running) return running;
    const put = putOnce(bytes, sha256);
    writing.set(sha256, put);
    return put.finally(() => writing.delete(sha256));
  }

  async function putOnce(bytes: Uint8Array, sha256: string): Promise<StoredBlob> {
    const path = pathOf(sha256);
    // To write what is there already does no harm; to look for what hardly ever is would cost every put a round trip.
    const isThere = lately.has(sha256) && (await renew(path, bytes.length));
    if (!isThere) {
      await writeWhole(bytes, { incoming, path, soon });
      onStored(bytes.length);
    }
    lately.set(sha256, true);
    return { sha256, sizeBytes: bytes.length };
  }

  async function get(sha256: string): Promise<Buffer> {
    const bytes = await onDisk(readFile(pathOf(sha256)));
    if (sha256Of(bytes) !== sha256) throw damagedBlob();
    return bytes;
  }

  async function* readVerified(sha256: string): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* verified(createReadStream(pathOf(sha256)) as AsyncIterable<Buffer>, sha256);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  const keeper = createKeeper(pathOf);

  return {
    async put(content, options = {}) {
      const { keepUntil } = options;
      const blob = await (content instanceof Uint8Array ? putBytes(content, options) : write(content, options));
      if (keepUntil !== undefined) await keeper.mark(blob.sha256, keepUntil);
      return blob;
    },
    async keep(sha256, keepUntil) {
      // Marked first: a janitor that saw no mark finds the blob renewed, or it is gone and we say so.
      if (keepUntil !== undefined) await keeper.mark(sha256, keepUntil);
      return touch(pathOf(sha256));
    },
    get,
    stream: (sha256) => Readable.from(readVerified(sha256), { objectMode: false }),
    async open(sha256) {
      const path = pathOf(sha256);
      const { size } = await onDisk(stat(path));
      // The store's own file: nothing to let go of.
      return { path, sizeBytes: size, release: () => Promise.resolve() };
    },
    has: async (sha256) => exists(pathOf(sha256)),
    delete: async (sha256) => onDisk(rm(pathOf(sha256), { force: true })),
    check: () => checkDirectory(dir, incoming),
    async writeProbe(token) {
      await createDirectory(incoming);
      const { path } = await writeTemporaryFile(incoming, [Buffer.from(token)]);
      await publishFile(path, probePath(token));
    },
    async readProbe(token) {
      if (!(await exists(probePath(token)))) throw probeMissing(dir);
    },
    removeWhere: (isOver) => removeBlobs(dir, incoming, isOver),
    close: () => undefined,
  };
}

/**
 * Whether the blob is there whole; starts its retention anew. Touching comes first: a blob that the janitor takes
 * away at this moment is then missing, and is written again.
 */
async function renew(path: string, sizeBytes: number): Promise<boolean> {
  if (!(await touch(path))) return false;
  try {
    return (await stat(path)).size === sizeBytes;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw toStoreError(error);
  }
}

/** @returns false when the file is not there. */
async function touch(path: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(path, now, now);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw toStoreError(error);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw toStoreError(error);
  }
}

async function checkDirectory(dir: string, incoming: string): Promise<void> {
  try {
    await createDirectory(incoming);
    // Or every folder's first put would have to make it, and flush it.
    await createDirectories(dir, FOLDERS);
    const content = Buffer.from(randomUUID());
    const { path } = await writeTemporaryFile(incoming, [content]);
    const read = await readFile(path);
    await rm(path);
    if (!read.equals(content)) throw damagedBlob();
  } catch (error) {
    const cause = error instanceof PomboError ? (error.cause ?? error) : error;
    const reason = systemErrorCode(cause) ?? 'what was written is not what was read';
    throw new PomboError('INTERNAL_ERROR', `MEDIA_DIR (${dir}) can't be used: ${reason}.`, { cause });
  }
}

function probeMissing(dir: string): PomboError {
  const hint = 'set MEDIA_STORE and MEDIA_DIR of ingress and worker alike, to one directory that both can see';
  return new PomboError('MEDIA_NOT_FOUND', `MEDIA_DIR (${dir}) does not hold what the ingress wrote: ${hint}.`, {
    cause: mediaNotFound(),
  });
}
