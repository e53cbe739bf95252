/** The marks of keep-marks.ts as empty objects, in a place of their own so that they can be listed first. */
import { sha256Of } from './blob-key.js';
import { createMarker, type Keeper, type Marks, readMarks } from './keep-marks.js';
import type { S3Objects } from './s3-objects.js';

const PLACE = 'kept/';
const NOTHING = { source: new Uint8Array(), sizeBytes: 0, sha256: sha256Of(new Uint8Array()) };

export const createS3Keeper = (objects: S3Objects): Keeper =>
  createMarker((name) => objects.put(PLACE + name, NOTHING));

/** Names in `over` are keys here. */
export async function readS3Marks(objects: S3Objects, now: number): Promise<Marks> {
  const kept = new Set<string>();
  const over: string[] = [];
  for await (const page of objects.list(PLACE)) {
    const marks = readMarks(
      page.map(({ key }) => key.slice(PLACE.length)),
      now,
    );
    for (const sha256 of marks.kept) kept.add(sha256);
    over.push(...marks.over.map((name) => PLACE + name));
  }
  return { kept, over };
}
