/**
 * Media uploaded ahead of the messages that show it: what an id stands for. The bytes are in the blob store. Encrypted,
 * since the hash of a file tells whoever has the file that it was sent.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from '@pombo/runtime';
import type { Cipher } from './cipher.js';
import type { Keys } from './keys.js';

export interface StoredMedia {
  /** Key in the blob store, in hex. */
  readonly sha256: string;
  /** By its content; `application/octet-stream` when that is not known. */
  readonly mimeType: string;
  readonly sizeBytes: number;
}

export interface Media {
  /** @returns the id, and until when it is good, in milliseconds since the epoch. */
  create(tenantId: string, media: StoredMedia): Promise<{ readonly mediaId: string; readonly expiresAt: number }>;
  /** @returns undefined for an id that the tenant does not have, or has no longer. */
  read(tenantId: string, mediaId: string): Promise<StoredMedia | undefined>;
}

const ID_BYTES = 16;
const MEDIA_ID = /^med_[0-9a-f]{32}$/;

/** @param retentionMs how long an id is good. */
export function createMedia(redis: Redis, keys: Keys, cipher: Cipher, retentionMs: number): Media {
  return {
    async create(tenantId, media) {
      const mediaId = `med_${randomBytes(ID_BYTES).toString('hex')}`;
      const key = keys.media(tenantId, mediaId);
      const { sha256, mimeType, sizeBytes } = media;
      const sealed = cipher.encrypt(Buffer.from(JSON.stringify({ sha256, mimeType, sizeBytes })), key);
      const expiresAt = Date.now() + retentionMs;
      await redis.set(key, sealed, 'PX', retentionMs);
      return { mediaId, expiresAt };
    },
    async read(tenantId, mediaId) {
      // What is no id of ours is no part of a key either.
      if (!MEDIA_ID.test(mediaId)) return undefined;
      const key = keys.media(tenantId, mediaId);
      const sealed = await redis.getBuffer(key);
      return sealed === null ? undefined : (JSON.parse(cipher.decrypt(sealed, key).toString()) as StoredMedia);
    },
  };
}
