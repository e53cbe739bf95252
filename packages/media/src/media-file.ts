/** Media too large to be held in memory: a file of this machine, for as long as somebody works with it. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredBlob } from './blob-store.js';
import { writeChunks } from './durable-write.js';
import { onDisk } from './store-error.js';

export interface MediaFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Must be called once the file is no longer needed. */
  release(): Promise<void>;
}

export interface Scratch {
  /** Writes the content into a new file, which `release` removes. @throws PomboError PAYLOAD_TOO_LARGE, INTERNAL_ERROR; whatever `content` throws. */
  write(content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<MediaFile & StoredBlob>;
}

/** What a crash left behind is removed when it is this old. */
const ABANDONED_AFTER_MS = 60 * 60 * 1_000;

/** @param dir on a local disk; created when missing. */
export async function createScratch(dir: string): Promise<Scratch> {
  await onDisk(mkdir(dir, { recursive: true, mode: 0o700 }));
  await removeAbandoned(dir);
  return {
    async write(content, maxBytes) {
      const path = join(dir, `${randomUUID()}.tmp`);
      const release = () => onDisk(rm(path, { force: true }));
      const file = await onDisk(open(path, 'wx', 0o600));
      try {
        const written = await writeChunks(file, content, maxBytes);
        return { ...written, path, release };
      } catch (error) {
        await release();
        throw error;
      } finally {
        await file.close();
      }
    },
  };
}

async function removeAbandoned(dir: string): Promise<void> {
  for (const name of await onDisk(readdir(dir))) {
    const path = join(dir, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      // Another process was faster.
      () => 0,
    );
    if (age > ABANDONED_AFTER_MS) await onDisk(rm(path, { force: true }));
  }
}
