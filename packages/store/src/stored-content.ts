/**
 * What one key holds of a message: what it says, as JSON, and, once it has left, what was sent. The two say nearly the
 * same, so what was sent is written as its difference from the JSON, and a message costs one key and not two.
 *
 *   JSON │ once sent: 0x00, SHA-256 of its shared part (zeros: it has none), the rest, deflated against the JSON
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { MessageContent } from '@pombo/contracts';
import type { Cipher } from './cipher.js';

/** JSON holds no control characters. */
const END_OF_JSON = 0;
const HASH_BYTES = 32;
const NO_HASH = Buffer.alloc(HASH_BYTES);
/** A window of 8 KB, longer than any content there usually is, and little memory. */
const DEFLATE = { windowBits: 13, memLevel: 5, level: constants.Z_BEST_SPEED } as const;

/** A message's protobuf without the part it may share with others, and the SHA-256 of that. */
export interface SentPart {
  readonly bytes: Buffer;
  readonly sharedHash: Buffer | undefined;
}

export interface StoredContent {
  readonly content: MessageContent;
  readonly sent?: SentPart;
}

/** @param place the key it is stored at. */
export function sealContent(cipher: Cipher, place: string, { content, sent }: StoredContent): Buffer {
  const json = Buffer.from(JSON.stringify(content));
  if (!sent) return cipher.encrypt(json, place);
  const rest = deflateRawSync(sent.bytes, { ...DEFLATE, dictionary: json });
  return cipher.encrypt(Buffer.concat([json, Buffer.of(END_OF_JSON), sent.sharedHash ?? NO_HASH, rest]), place);
}

/** @throws PomboError INTERNAL_ERROR when it cannot be decrypted. */
export function openContent(cipher: Cipher, place: string, sealed: Buffer): StoredContent {
  const plain = cipher.decrypt(sealed, place);
  const end = plain.indexOf(END_OF_JSON);
  const json = end < 0 ? plain : plain.subarray(0, end);
  const content = JSON.parse(json.toString()) as MessageContent;
  return end < 0 ? { content } : { content, sent: readSent(json, plain.subarray(end + 1)) };
}

function readSent(json: Buffer, written: Buffer): SentPart {
  const hash = written.subarray(0, HASH_BYTES);
  const bytes = inflateRawSync(written.subarray(HASH_BYTES), { dictionary: json });
  return { bytes, sharedHash: hash.equals(NO_HASH) ? undefined : hash };
}
