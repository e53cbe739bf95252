/** Clearing up in the blob store in a bucket. */
import type { BlobUse, Removal } from './blob-store.js';
import { createGate } from './gate.js';
import { endOf, type Generation, generationOf } from './s3-generations.js';
import { readS3Marks } from './s3-keep-marks.js';
import type { S3Objects } from './s3-objects.js';

const REMOVALS_AT_ONCE = 16;

/** Marks whose day has come, and generations that newer ones replace, are removed too, but not counted. */
export async function removeObjects(objects: S3Objects, isOver: (use: BlobUse) => boolean): Promise<Removal> {
  // Before the blobs: whoever marks one later than this also renews it.
  const now = Date.now();
  const { kept, over } = await readS3Marks(objects, now);
  await removeAll(objects, over);

  const sum = { removed: 0, leftBytes: 0 };
  const finish = async (newest: Generation): Promise<void> => {
    const { sha256, sizeBytes } = newest;
    const usedAt = endOf(newest);
    // To an hour that is not over somebody may still add.
    if (usedAt <= now && isOver({ sha256, sizeBytes, usedAt, kept: kept.has(sha256) })) {
      await objects.delete(newest.key);
      sum.removed += 1;
    } else sum.leftBytes += sizeBytes;
  };

  let newest: Generation | undefined;
  for await (const page of objects.list('blobs/')) {
    const replaced: string[] = [];
    for (const next of page.map(generationOf)) {
      if (!next) continue;
      if (next.sha256 === newest?.sha256) replaced.push((next.hour < newest.hour ? next : newest).key);
      else if (newest) await finish(newest);
      if (next.sha256 !== newest?.sha256 || next.hour > newest.hour) newest = next;
    }
    await removeAll(objects, replaced);
  }
  if (newest) await finish(newest);
  return sum;
}

async function removeAll(objects: S3Objects, keys: readonly string[]): Promise<void> {
  const gate = createGate(REMOVALS_AT_ONCE);
  await Promise.all(keys.map((key) => gate.run(() => objects.delete(key))));
}
