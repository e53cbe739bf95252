/** Clearing up in the directory blob store. */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobUse, Removal } from './blob-store.js';
import { createDirectory } from './durable-write.js';
import { isMark, readMarks } from './keep-marks.js';
import { onDisk, systemErrorCode, toStoreError } from './store-error.js';

/** A file still being written is touched all the time; one this old was left by a crash. */
const ABANDONED_AFTER_MS = 60 * 60 * 1_000;

type IsOver = (use: BlobUse) => boolean;

/**
 * Leftovers of crashes are removed too, but not counted.
 *
 * @param incoming - a folder on the same file system, where files wait for their end
 */
export async function removeBlobs(dir: string, incoming: string, isOver: IsOver): Promise<Removal> {
  await createDirectory(incoming);
  for (const name of await onDisk(readdir(incoming))) {
    const path = join(incoming, name);
    const file = await look(path);
    if (file && Date.now() - file.usedAt >= ABANDONED_AFTER_MS) await onDisk(rm(path, { force: true }));
  }

  const sum = { removed: 0, leftBytes: 0 };
  for (const folder of await onDisk(readdir(dir))) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue;
    const { removed, leftBytes } = await removeIn(join(dir, folder), incoming, isOver);
    sum.removed += removed;
    sum.leftBytes += leftBytes;
  }
  return sum;
}

async function removeIn(folder: string, incoming: string, isOver: IsOver): Promise<Removal> {
  const sum = { removed: 0, leftBytes: 0 };
  const names = await onDisk(readdir(folder));
  const { kept, over } = readMarks(names, Date.now());
  for (const mark of over) await onDisk(rm(join(folder, mark), { force: true }));
  for (const name of names.filter((one) => !isMark(one))) {
    const path = join(folder, name);
    const file = await look(path);
    if (!file) continue;
    const isOverAt = (usedAt: number) => isOver({ ...file, usedAt, sha256: name, kept: kept.has(name) });
    const mayGo = isOverAt(file.usedAt);
    if (mayGo && (await removeUnlessRenewed(path, join(incoming, `${name}.old`), isOverAt))) sum.removed += 1;
    else sum.leftBytes += file.sizeBytes;
  }
  return sum;
}

/**
 * A put may find the blob and renew it between our look at its age and its removal. So it is first moved aside: a put
 * from here on writes it anew, and one that came before shows in the age of what we hold, which then goes back.
 */
async function removeUnlessRenewed(
  path: string,
  aside: string,
  isOverAt: (usedAt: number) => boolean,
): Promise<boolean> {
  try {
    await rename(path, aside);
    const file = await look(aside);
    // Another janitor was faster.
    if (!file) return false;
    if (isOverAt(file.usedAt)) {
      await rm(aside, { force: true });
      return true;
    }
    await rename(aside, path);
    return false;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw toStoreError(error);
  }
}

/** @returns undefined when it is gone. */
async function look(path: string): Promise<{ usedAt: number; sizeBytes: number } | undefined> {
  try {
    const { mtimeMs: usedAt, size: sizeBytes } = await stat(path);
    return { usedAt, sizeBytes };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw toStoreError(error);
  }
}
