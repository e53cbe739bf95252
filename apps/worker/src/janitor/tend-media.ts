/**
 * Keeps what is stored of media within its time and its size. Once an hour everything is looked at; what comes meanwhile is
 * counted, so that it is known without looking when there is too much.
 */
import { type BlobStore, makeRoom, type Removal, removeOlderThan } from '@pombo/media';
import { HOUR, type Logger, MINUTE, SECOND } from '@pombo/runtime';
import type { MediaSize } from '@pombo/store';
import type { JanitorMetrics } from './janitor-metrics.js';

export interface MediaOptions {
  readonly blobs: BlobStore;
  readonly mediaSize: MediaSize;
  /** Keys of what waiting messages need. */
  readonly readNeeded: () => Promise<ReadonlySet<string>>;
  readonly retentionMs: number;
  /** 0: no limit. */
  readonly maxTotalBytes: number;
  readonly metrics: JanitorMetrics;
  readonly logger: Logger;
}

const LOOKED_AT_EVERY_MS = HOUR;
/** Room is made before there is none left, and enough of it that this need not be done all the time. */
const FROM_PART = 0.9;
const TO_PART = 0.8;
/** Clocks of machines differ by less, and what uses a blob is stored by then. */
const USED_JUST_NOW_MS = 5 * MINUTE;
/** Making room costs a look at every message that waits and every blob: at most a tenth of the time is spent on it. */
const PAUSE_MS = 10 * SECOND;
const PAUSE_FACTOR = 10;

/** @returns a step for every round of the janitor. */
export function createTendMedia(options: MediaOptions): () => Promise<void> {
  const { blobs, mediaSize, readNeeded, retentionMs, maxTotalBytes, metrics, logger } = options;
  let lookAt = 0;
  let makeRoomAt = 0;

  const measure = async (what: string, clearUp: () => Promise<Removal>): Promise<Removal> => {
    const { added } = await mediaSize.read();
    const removal = await clearUp();
    await mediaSize.measured(removal.leftBytes, added);
    metrics.mediaStored.set(removal.leftBytes);
    if (removal.removed > 0) metrics.janitorDone.inc({ what }, removal.removed);
    return removal;
  };

  const order = async () => {
    const usedBefore = Date.now() - USED_JUST_NOW_MS;
    // In this order: whoever came to need a blob after the list was made has used it since.
    const needed = await readNeeded();
    return {
      ...{ fromBytes: maxTotalBytes * FROM_PART, toBytes: maxTotalBytes * TO_PART, usedBefore },
      isNeeded: (sha256: string) => needed.has(sha256),
    };
  };

  const makeSomeRoom = async (): Promise<void> => {
    const startedAt = performance.now();
    const { removed, leftBytes } = await measure('media_made_room', async () => makeRoom(blobs, await order()));
    makeRoomAt = performance.now() + PAUSE_MS + PAUSE_FACTOR * (performance.now() - startedAt);
    const figures = { removed, leftBytes, maxTotalBytes };
    if (leftBytes > maxTotalBytes * FROM_PART) logger.warn('the media store is nearly full of what is needed', figures);
    else if (removed > 0) logger.info('room was made in the media store', figures);
  };

  return async () => {
    if (performance.now() >= lookAt) {
      lookAt = performance.now() + LOOKED_AT_EVERY_MS;
      await measure('media_removed', () => removeOlderThan(blobs, retentionMs));
    }
    if (maxTotalBytes === 0 || performance.now() < makeRoomAt) return;
    if ((await mediaSize.read()).bytes > maxTotalBytes * FROM_PART) await makeSomeRoom();
  };
}
