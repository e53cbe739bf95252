/** Writing files so that a crash leaves the old state or the new one, never half. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StoredBlob } from './blob-store.js';
import type { FlushSoon } from './flush-soon.js';
import { requireSize } from './require-size.js';
import { onDisk, systemErrorCode, toStoreError } from './store-error.js';

/** A file not yet under its final name. */
export interface TemporaryFile extends StoredBlob {
  readonly path: string;
}

type Content = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes the content into a new file of `dir` and flushes it to the disk; on failure the file is gone again.
 *
 * @throws PomboError PAYLOAD_TOO_LARGE, INTERNAL_ERROR; whatever `content` throws
 */
export async function writeTemporaryFile(dir: string, content: Content, maxBytes = Infinity): Promise<TemporaryFile> {
  const path = join(dir, `${randomUUID()}.tmp`);
  const file = await onDisk(open(path, 'wx', 0o640));
  try {
    const written = await writeChunks(file, content, maxBytes);
    await onDisk(file.sync());
    await onDisk(file.close());
    return { path, ...written };
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** @throws PomboError PAYLOAD_TOO_LARGE, INTERNAL_ERROR; whatever `content` throws */
export async function writeChunks(file: FileHandle, content: Content, maxBytes: number): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of content) {
    sizeBytes += chunk.length;
    requireSize(sizeBytes, maxBytes);
    hash.update(chunk);
    await onDisk(file.writeFile(chunk));
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

export interface WholeFile {
  readonly incoming: string;
  readonly path: string;
  /** Flushes it a little later; else it is flushed at once. */
  readonly soon: FlushSoon | undefined;
}

/** Writes bytes that are in memory, in as few steps as it takes. Replaces what is there. @throws PomboError */
export async function writeWhole(bytes: Uint8Array, { incoming, path, soon }: WholeFile): Promise<void> {
  const temporary = join(incoming, `${randomUUID()}.tmp`);
  const options = { flag: 'wx', mode: 0o640, flush: soon === undefined };
  try {
    await inDirectory(incoming, () => writeFile(temporary, bytes, options));
    await inDirectory(dirname(path), () => rename(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toStoreError(error);
  }
  if (soon) soon.note(path);
  else await syncDirectory(dirname(path));
}

/** Directories are there nearly always, so they are made only when they turn out not to be. */
async function inDirectory(dir: string, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    await createDirectory(dir);
    await step();
  }
}

/** Gives a temporary file its final name, durably. Replaces what is there. */
export async function publishFile(temporaryPath: string, path: string): Promise<void> {
  await createDirectory(dirname(path));
  await onDisk(rename(temporaryPath, path));
  await syncDirectory(dirname(path));
}

/** Creates the directory with its parents; every new entry is flushed. */
export async function createDirectory(path: string): Promise<void> {
  const created = await onDisk(mkdir(path, { recursive: true, mode: 0o750 }));
  if (created === undefined) return;
  const top = dirname(created);
  for (let parent = dirname(path); parent.length >= top.length; parent = dirname(parent)) {
    await syncDirectory(parent);
    if (parent === top) return;
  }
}

/** Creates those of the directories of `parent` that are not there; the new entries are flushed together. */
export async function createDirectories(parent: string, names: readonly string[]): Promise<void> {
  const create = (name: string) => mkdir(join(parent, name), { recursive: true, mode: 0o750 });
  const created = await onDisk(Promise.all(names.map(create)));
  if (created.some((path) => path !== undefined)) await syncDirectory(parent);
}

/** A rename survives a power cut only once its directory is flushed. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await onDisk(open(path, 'r'));
  try {
    await onDisk(directory.sync());
  } finally {
    await directory.close();
  }
}
