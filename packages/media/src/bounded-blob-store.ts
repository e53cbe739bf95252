/** A blob store that takes nothing new when it is full. What is there already can still be put. */
import { PomboError } from '@pombo/contracts';
import { sha256Of } from './blob-key.js';
import type { BlobStore, StoredBlob } from './blob-store.js';

/** Says whether there is room for so much more. */
export type HasRoom = (sizeBytes: number) => boolean;

/** Time for the janitor to look, and for messages to leave. */
const RETRY_AFTER_SECONDS = 15;

/** `put` throws MEDIA_STORE_FULL besides. */
export function boundBlobStore(blobs: BlobStore, hasRoom: HasRoom): BlobStore {
  return {
    ...blobs,
    async put(content, options = {}): Promise<StoredBlob> {
      const isWhole = content instanceof Uint8Array;
      // How long a stream is shows when it is over; the next one is refused.
      if (hasRoom(isWhole ? content.length : 0)) return blobs.put(content, options);
      const sha256 = isWhole ? sha256Of(content) : undefined;
      if (!isWhole || sha256 === undefined || !(await blobs.keep(sha256, options.keepUntil))) throw mediaStoreFull();
      return { sha256, sizeBytes: content.length };
    },
  };
}

/** @throws PomboError MEDIA_STORE_FULL; for whoever wants to know before the content has come. */
export function requireRoom(hasRoom: HasRoom, sizeBytes: number): void {
  if (!hasRoom(sizeBytes)) throw mediaStoreFull();
}

function mediaStoreFull(): PomboError {
  return new PomboError(
    'MEDIA_STORE_FULL',
    'The store for media is full of what waits to be sent; try again later, or send a URL.',
    { retryable: true, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
