/**
 * What a request with an `Idempotency-Key` set out to do, written before anything is accepted: a request that is
 * repeated after a crash goes on with the same message. It lies in the tenant's slot, the message in its device's; that
 * accepting is idempotent by id is what joins the two.
 */
import { createHash } from 'node:crypto';
import type { Redis } from '@pombo/runtime';
import type { Cipher } from './cipher.js';
import type { Keys } from './keys.js';

/** Whose key it is and what it is good for. The key itself is the client's text and is only ever stored hashed. */
export interface IntentName {
  readonly tenantId: string;
  /** Keys of different scopes are different keys: the kind of request. */
  readonly scope: string;
  readonly key: string;
}

export interface Intent {
  readonly messageId: string;
  readonly deviceId: string;
  /** Of what was asked for, to tell a repeated request from another one. No spaces. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch: what the answer shows as its time. */
  readonly at: number;
  /** The message was accepted and its job added: nothing is left to repeat, even when the record is gone by now. */
  readonly done: boolean;
}

export interface Intents {
  read(name: IntentName): Promise<Intent | undefined>;
  /** Writes the intent unless there is one. @returns the one that stands. */
  claim(name: IntentName, intent: Intent): Promise<Intent>;
  /** Replaces the one that stands, for what is left of its time. */
  update(name: IntentName, intent: Intent): Promise<void>;
}

/** 128 bits: whoever made two keys collide would confuse only their own requests. */
const HASH_BYTES = 16;

/** @param retentionMs how long a key is remembered, from its first use. */
export function createIntents(redis: Redis, keys: Keys, cipher: Cipher, retentionMs: number): Intents {
  const keyOf = ({ tenantId, scope, key }: IntentName): string => {
    const hash = createHash('sha256').update(`${scope}\n${key}`).digest().subarray(0, HASH_BYTES);
    return keys.intent(tenantId, hash.toString('base64url'));
  };
  // Encrypted: from the fingerprint of a short text, a code for instance, the text could be guessed.
  const seal = (key: string, intent: Intent): Buffer => cipher.encrypt(Buffer.from(encode(intent)), key);
  const read = async (key: string): Promise<Intent | undefined> => {
    const sealed = await redis.getBuffer(key);
    return sealed === null ? undefined : decode(cipher.decrypt(sealed, key).toString());
  };

  return {
    read: (name) => read(keyOf(name)),
    async claim(name, intent) {
      const key = keyOf(name);
      for (;;) {
        const written = await redis.set(key, seal(key, intent), 'PX', retentionMs, 'NX');
        const standing = written === 'OK' ? intent : await read(key);
        // None: it expired between the two commands.
        if (standing) return standing;
      }
    },
    async update(name, intent) {
      const key = keyOf(name);
      await redis.set(key, seal(key, intent), 'KEEPTTL', 'XX');
    },
  };
}

function encode({ messageId, deviceId, fingerprint, at, done }: Intent): string {
  return [messageId, deviceId, fingerprint, at, Number(done)].join(' ');
}

function decode(text: string): Intent {
  const [messageId = '', deviceId = '', fingerprint = '', at, done] = text.split(' ');
  return { messageId, deviceId, fingerprint, at: Number(at), done: done === '1' };
}
