/** Where media bytes wait between the ingress that took them and the worker that sends them. */
import type { Readable } from 'node:stream';
import type { MediaFile } from './media-file.js';

export interface PutOptions {
  /** Kept by stores that can label content. */
  readonly mimeType?: string;
  /** Refuses content above this with PAYLOAD_TOO_LARGE; unlimited by default. */
  readonly maxBytes?: number;
  /** As for `keep`. */
  readonly keepUntil?: number;
  /** Sees what came as a stream, as a file of this machine, before it is stored; what it throws passes unchanged. */
  readonly inspect?: (path: string) => Promise<void>;
}

/** A blob as who clears up sees it. */
export interface BlobUse {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** It was not used after that: milliseconds since the epoch, in a bucket the end of an hour. */
  readonly usedAt: number;
  /** It was asked to be kept until a day that has not come. */
  readonly kept: boolean;
}

export interface Removal {
  /** Blobs removed. */
  readonly removed: number;
  /** What blobs take up now. */
  readonly leftBytes: number;
}

export interface StoredBlob {
  /** Hex, lower case: the blob's key. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Content-addressed: the key is the SHA-256 of the bytes, so equal content is stored once and a reader can tell that
 * it got what was written. Every method throws PomboError: INTERNAL_ERROR when the store itself fails (`retryable` when
 * that may pass, a full disk for instance), MEDIA_STORE_UNAVAILABLE when it is elsewhere and cannot be reached,
 * VALIDATION_ERROR when a key is not 64 hex digits.
 */
export interface BlobStore {
  /** Stores, or finds stored; what was put is durable and starts its retention anew. Errors of a given stream pass unchanged. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredBlob>;
  /** @throws PomboError MEDIA_NOT_FOUND; INTERNAL_ERROR when the bytes no longer match the key */
  get(sha256: string): Promise<Buffer>;
  /** Like `get`; errors arrive on the stream, a damaged blob only at its end. */
  stream(sha256: string): Readable;
  /**
   * The blob as a file of this machine, for what is too large to be held in memory. Its content is not verified: compare
   * its hash where it is read.
   *
   * @throws PomboError MEDIA_NOT_FOUND
   */
  open(sha256: string): Promise<MediaFile>;
  /**
   * Starts the blob's retention anew, and keeps it at least until `keepUntil` (milliseconds since the epoch), whatever
   * retention is asked for then.
   *
   * @returns false when it is not there
   */
  keep(sha256: string, keepUntil?: number): Promise<boolean>;
  has(sha256: string): Promise<boolean>;
  /** Removing what isn't there is fine. */
  delete(sha256: string): Promise<void>;
  /** Proves that the store can be written and read, and gets it ready for both. */
  check(): Promise<void>;
  /** Leaves a mark that another process can look for. Use one token per installation: marks are never removed. */
  writeProbe(token: string): Promise<void>;
  /** @throws PomboError MEDIA_NOT_FOUND, naming the setting, when this process doesn't see what another one wrote */
  readProbe(token: string): Promise<void>;
  /**
   * Looks at every blob, and removes those of which `isOver` says so, unless they are used at that very moment: it is asked
   * again then.
   */
  removeWhere(isOver: (use: BlobUse) => boolean): Promise<Removal>;
  /** Lets go of connections. */
  close(): void;
}
