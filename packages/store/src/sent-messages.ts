/**
 * What was sent, kept for a while: a recipient that could not decrypt asks again, perhaps of another worker. The
 * thumbnail, most of a message's bytes and the same for a whole campaign, is kept once per shard.
 */
import { createHash } from 'node:crypto';
import { isMessageId, shardOfMessage } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Cipher } from './cipher.js';
import type { Keys } from './keys.js';

/** A message's protobuf without its thumbnail, and the thumbnail. */
export interface SentMessage {
  readonly bytes: Buffer;
  readonly thumbnail: Buffer | undefined;
}

export interface SentMessages {
  /**
   * Keeps the thumbnail. @returns what is to be kept under the message's id, which the dispatch script does in the step
   * that lets the message go.
   */
  seal(messageId: string, message: SentMessage): Promise<Buffer>;
  /** @returns undefined when it was never sent, or too long ago. */
  read(messageId: string): Promise<SentMessage | undefined>;
}

const HASH_BYTES = 32;
/** Stands where a thumbnail's hash would, in a message that has none. */
const NO_THUMBNAIL = Buffer.alloc(HASH_BYTES);

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** @param retentionMs counted from the last message that used the same thumbnail, or from the message itself. */
export function createSentMessages(redis: Redis, keys: Keys, cipher: Cipher, retentionMs: number): SentMessages {
  const put = (key: string, value: Buffer) => redis.set(key, cipher.encrypt(value, key), 'PX', retentionMs);
  const get = async (key: string): Promise<Buffer | undefined> => {
    const sealed = await redis.getBuffer(key);
    return sealed === null ? undefined : cipher.decrypt(sealed, key);
  };
  const thumbnailKey = (messageId: string, hash: Buffer) =>
    keys.thumbnail(shardOfMessage(messageId), hash.toString('hex'));

  const saveThumbnail = async (messageId: string, thumbnail: Buffer, hash: Buffer): Promise<void> => {
    const key = thumbnailKey(messageId, hash);
    const known = await redis.pexpire(key, retentionMs);
    if (known === 0) await put(key, thumbnail);
  };

  return {
    async seal(messageId, { bytes, thumbnail }) {
      const hash = thumbnail ? sha256(thumbnail) : NO_THUMBNAIL;
      if (thumbnail) await saveThumbnail(messageId, thumbnail, hash);
      return cipher.encrypt(Buffer.concat([hash, bytes]), keys.sent(messageId));
    },
    async read(messageId) {
      if (!isMessageId(messageId)) return undefined;
      const stored = await get(keys.sent(messageId));
      if (!stored) return undefined;
      const hash = stored.subarray(0, HASH_BYTES);
      const thumbnail = hash.equals(NO_THUMBNAIL) ? undefined : await get(thumbnailKey(messageId, hash));
      return { bytes: stored.subarray(HASH_BYTES), thumbnail };
    },
  };
}
