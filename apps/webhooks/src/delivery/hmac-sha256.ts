/**
 * HMAC-SHA256 (RFC 2104) by its two hashes, each in one call. Node's `createHmac` makes a stream for every signature, which
 * takes several times as long as the hashing, and every event is signed.
 */
import { hash } from 'node:crypto';

const ALGORITHM = 'sha256';
/** What SHA-256 works on at a time: a key takes up one block. */
export const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** A key made ready to sign with. */
export interface HmacKey {
  readonly inner: Buffer;
  /** With room for the inner hash behind it. */
  readonly outer: Buffer;
}

export function createHmacKey(key: Buffer): HmacKey {
  const short = key.length > BLOCK_BYTES ? hash(ALGORITHM, key, 'buffer') : key;
  return { inner: padKey(short, INNER_PAD, BLOCK_BYTES), outer: padKey(short, OUTER_PAD, BLOCK_BYTES + DIGEST_BYTES) };
}

function padKey(key: Buffer, pad: number, length: number): Buffer {
  const padded = Buffer.alloc(length, pad);
  for (const [at, byte] of key.entries()) padded[at] = byte ^ pad;
  return padded;
}

/** @param roomAndText `BLOCK_BYTES` of room, which are empty afterwards, and what to sign. @returns base64. */
export function signHmacSha256({ inner, outer }: HmacKey, roomAndText: Buffer): string {
  roomAndText.set(inner);
  outer.write(hash(ALGORITHM, roomAndText, 'binary'), BLOCK_BYTES, 'latin1');
  // No trace of the key stays beside what is sent.
  roomAndText.fill(0, 0, BLOCK_BYTES);
  return hash(ALGORITHM, outer, 'base64');
}
