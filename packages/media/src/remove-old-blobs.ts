/** Retention for the directory blob store. */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createDirectory } from './durable-write.js';
import { isMark, readMarks } from './keep-marks.js';
import { onDisk, systemErrorCode, toStoreError } from './store-error.js';

/** A file still being written is touched all the time; one this old was left by a crash. */
const ABANDONED_AFTER_MS = 60 * 60 * 1_000;

/**
 * @param incoming - a folder on the same file system, where files wait for their end
 * @returns how many blobs were removed; leftovers of crashes are removed too, but not counted
 */
export async function removeOldBlobs(dir: string, incoming: string, ageMs: number): Promise<number> {
  await createDirectory(incoming);
  for (const name of await onDisk(readdir(incoming))) {
    const path = join(incoming, name);
    if (await isOlderThan(path, ABANDONED_AFTER_MS)) await onDisk(rm(path, { force: true }));
  }

  let removed = 0;
  for (const folder of await onDisk(readdir(dir))) {
    if (/^[0-9a-f]{2}$/.test(folder)) removed += await removeOldIn(join(dir, folder), incoming, ageMs);
  }
  return removed;
}

async function removeOldIn(folder: string, incoming: string, ageMs: number): Promise<number> {
  let removed = 0;
  const names = await onDisk(readdir(folder));
  const { kept, over } = readMarks(names, Date.now());
  for (const mark of over) await onDisk(rm(join(folder, mark), { force: true }));
  for (const name of names) {
    if (isMark(name) || kept.has(name)) continue;
    const path = join(folder, name);
    if ((await isOlderThan(path, ageMs)) && (await removeUnlessRenewed(path, join(incoming, `${name}.old`), ageMs))) {
      removed += 1;
    }
  }
  return removed;
}

/**
 * A put may find the blob and renew it between our look at its age and its removal. So it is first moved aside: a put
 * from here on writes it anew, and one that came before shows in the age of what we hold, which then goes back.
 */
async function removeUnlessRenewed(path: string, aside: string, ageMs: number): Promise<boolean> {
  try {
    await rename(path, aside);
    if (await isOlderThan(aside, ageMs)) {
      await rm(aside, { force: true });
      return true;
    }
    await rename(aside, path);
    return false;
  } catch (error) {
    // Another janitor was faster.
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw toStoreError(error);
  }
}

async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs >= ageMs;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw toStoreError(error);
  }
}
