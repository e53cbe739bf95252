/** What goes from a blob store: what was not used for long, and what there is no room for. */
import type { BlobStore, BlobUse, Removal } from './blob-store.js';

/** Retention: removes blobs neither put nor kept for `ageMs` milliseconds. */
export function removeOlderThan(blobs: BlobStore, ageMs: number): Promise<Removal> {
  return blobs.removeWhere(({ usedAt, kept }) => !kept && usedAt + ageMs <= Date.now());
}

export interface RoomOrder {
  /** Nothing is removed unless blobs take up more than this, */
  readonly fromBytes: number;
  /** and then the ones used longest ago, until they take up about so much. */
  readonly toBytes: number;
  /** What was used since stays. Milliseconds since the epoch. */
  readonly usedBefore: number;
  /** So does what somebody still waits for. */
  readonly isNeeded: (sha256: string) => boolean;
}

const MINUTE_MS = 60_000;
const minuteOf = ({ usedAt }: BlobUse): number => Math.floor(usedAt / MINUTE_MS);

/** Looks at every blob twice instead of remembering each: there may be millions. */
export async function makeRoom(
  blobs: BlobStore,
  { fromBytes, toBytes, usedBefore, isNeeded }: RoomOrder,
): Promise<Removal> {
  const mayGo = (use: BlobUse): boolean => use.usedAt < usedBefore && !isNeeded(use.sha256);
  const bytesOfMinutes = new Map<number, number>();
  const found = await blobs.removeWhere((use) => {
    if (mayGo(use)) bytesOfMinutes.set(minuteOf(use), (bytesOfMinutes.get(minuteOf(use)) ?? 0) + use.sizeBytes);
    return false;
  });
  if (found.leftBytes <= fromBytes || bytesOfMinutes.size === 0) return found;
  const last = lastMinuteToGo(bytesOfMinutes, found.leftBytes - toBytes);
  return blobs.removeWhere((use) => mayGo(use) && minuteOf(use) <= last);
}

function lastMinuteToGo(bytesOfMinutes: ReadonlyMap<number, number>, wantedBytes: number): number {
  const minutes = [...bytesOfMinutes].sort(([one], [other]) => one - other);
  let sum = 0;
  const [last = 0] = minutes.find(([, bytes]) => (sum += bytes) >= wantedBytes) ?? minutes.at(-1) ?? [];
  return last;
}
