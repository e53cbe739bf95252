/**
 * What was sent, kept for a while: a recipient that could not decrypt asks again, perhaps of another worker. It lies
 * with the message's content; its media, most of a message's bytes and the same for a whole campaign, once per shard.
 */
import { createHash } from 'node:crypto';
import { isMessageId, type MessageContent, shardOfMessage } from '@pombo/contracts';
import { MINUTE, type Redis } from '@pombo/runtime';
import { LRUCache } from 'lru-cache';
import type { Cipher } from './cipher.js';
import type { Keys } from './keys.js';
import { openContent, sealContent } from './stored-content.js';

/** A message's protobuf in two parts. */
export interface SentMessage {
  /** What is this message's own. */
  readonly bytes: Buffer;
  /** What others may have in common with it: its media. */
  readonly shared: Buffer | undefined;
}

export interface SealedMessage {
  /**
   * What is to be kept as the message's content from now on, which the dispatch script does in the step that lets the
   * message go.
   */
  readonly sealed: Buffer;
  /** Resolves when the media is kept. Nothing may leave before. */
  readonly kept: Promise<void>;
}

export interface SentMessages {
  /**
   * Begins to keep the media, ahead of whatever is asked of Redis next. @param content as it is stored
   */
  seal(messageId: string, content: MessageContent, message: SentMessage): SealedMessage;
  /** @returns undefined when it was never sent, or too long ago. */
  read(messageId: string): Promise<SentMessage | undefined>;
}

const FRESH_MS = 10 * MINUTE;
const FRESH_KEPT = 1_000;

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** @param retentionMs of the media, counted from the last message that used it; the rest lives as long as the content. */
export function createSentMessages(redis: Redis, keys: Keys, cipher: Cipher, retentionMs: number): SentMessages {
  const sharedKey = (messageId: string, hash: Buffer) =>
    keys.sharedMedia(shardOfMessage(messageId), hash.toString('hex'));

  /** Media whose time was counted anew a moment ago: a campaign need not do it with every message. */
  const fresh = new LRUCache<string, true>({ max: FRESH_KEPT, ttl: FRESH_MS });

  const saveShared = async (key: string, shared: Buffer): Promise<void> => {
    if (fresh.has(key)) return;
    const keptMs = retentionMs + FRESH_MS;
    await redis.set(key, cipher.encrypt(shared, key), 'PX', keptMs);
    fresh.set(key, true);
  };
  const readShared = async (key: string): Promise<Buffer | undefined> => {
    const sealed = await redis.getBuffer(key);
    return sealed === null ? undefined : cipher.decrypt(sealed, key);
  };

  return {
    seal(messageId, content, { bytes, shared }) {
      const sharedHash = shared && sha256(shared);
      const sealed = sealContent(cipher, keys.content(messageId), { content, sent: { bytes, sharedHash } });
      const kept = shared && sharedHash ? saveShared(sharedKey(messageId, sharedHash), shared) : Promise.resolve();
      return { sealed, kept };
    },
    async read(messageId) {
      if (!isMessageId(messageId)) return undefined;
      const key = keys.content(messageId);
      const sealed = await redis.getBuffer(key);
      const sent = sealed === null ? undefined : openContent(cipher, key, sealed).sent;
      if (!sent) return undefined;
      if (!sent.sharedHash) return { bytes: sent.bytes, shared: undefined };
      const shared = await readShared(sharedKey(messageId, sent.sharedHash));
      return shared && { bytes: sent.bytes, shared };
    },
  };
}
