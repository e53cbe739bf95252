/** How much is in the blob store: what the janitor found when it looked last, and what was stored since. */
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

export interface MediaSizeReading {
  readonly bytes: number;
  /** All that was ever stored, for `measured`. */
  readonly added: number;
}

export interface MediaSize {
  /** @param addBytes stored since this process said so last. */
  read(addBytes?: number): Promise<MediaSizeReading>;
  /** @param addedBefore as it was read before the look began: what came during it then counts twice rather than never. */
  measured(bytes: number, addedBefore: number): Promise<void>;
}

export function createMediaSize(redis: Redis, { mediaSize }: Keys): MediaSize {
  return {
    async read(addBytes = 0) {
      if (addBytes > 0) await redis.hincrby(mediaSize, 'added', addBytes);
      const found = await redis.hmget(mediaSize, 'added', 'measured', 'addedBefore');
      const [added = 0, measured = 0, addedBefore = 0] = found.map(Number);
      return { bytes: measured + added - addedBefore, added };
    },
    async measured(bytes, addedBefore) {
      await redis.hset(mediaSize, { measured: bytes, addedBefore });
    },
  };
}
