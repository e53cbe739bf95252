/**
 * Encryption at rest: AES-256-GCM with the id of its key in front, so that keys can be rotated, and bound to the place
 * it is stored at, so that one value cannot be passed off as another.
 */
import { createCipheriv, createDecipheriv, createHash, randomFillSync } from 'node:crypto';
import { PomboError } from '@pombo/contracts';

const KEY_ID_BYTES = 4;
/** 96 bits, as NIST SP 800-38D recommends for GCM. */
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = KEY_ID_BYTES + IV_BYTES;
/** IVs drawn from the system in one go, since asking costs as much as encrypting a short text. */
const IVS_AT_ONCE = 256;

export interface Cipher {
  /** @param place where the result is stored; the same must be given to `decrypt`. */
  encrypt(plain: Buffer, place: string): Buffer;
  /** Whether the key is there that it was encrypted with. */
  knows(sealed: Buffer): boolean;
  /** @throws PomboError INTERNAL_ERROR when the key is unknown, or the bytes were changed or moved. */
  decrypt(sealed: Buffer, place: string): Buffer;
}

const idOf = (key: Buffer): string =>
  createHash('sha256').update(key).digest().subarray(0, KEY_ID_BYTES).toString('hex');

const keyIdOf = (sealed: Buffer): string => sealed.subarray(0, KEY_ID_BYTES).toString('hex');

/** @returns a function that never gives the same bytes twice. */
function createIvSource(): () => Buffer {
  const drawn = Buffer.alloc(IVS_AT_ONCE * IV_BYTES);
  let used = drawn.length;
  return () => {
    if (used === drawn.length) {
      randomFillSync(drawn);
      used = 0;
    }
    used += IV_BYTES;
    // A copy: the next draw overwrites the place.
    return Buffer.from(drawn.subarray(used - IV_BYTES, used));
  };
}

/** @param keys 32 bytes each; the first encrypts, all decrypt. */
export function createCipher(keys: readonly Buffer[]): Cipher {
  const [current] = keys;
  if (!current) throw new RangeError('a cipher needs at least one key');
  const known = new Map(keys.map((key) => [idOf(key), key]));
  const currentId = Buffer.from(idOf(current), 'hex');
  const nextIv = createIvSource();
  return {
    encrypt(plain, place) {
      const iv = nextIv();
      const cipher = createCipheriv('aes-256-gcm', current, iv).setAAD(Buffer.from(place));
      return Buffer.concat([currentId, iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    knows: (sealed) => known.has(keyIdOf(sealed)),
    decrypt(sealed, place) {
      const key = known.get(keyIdOf(sealed));
      if (!key) throw unreadable('it was encrypted with a key that is not in SESSION_ENCRYPTION_KEY');
      try {
        return open(sealed, key, place);
      } catch (cause) {
        throw unreadable('it was changed or moved', cause);
      }
    },
  };
}

function open(sealed: Buffer, key: Buffer, place: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(KEY_ID_BYTES, HEADER_BYTES));
  decipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
}

function unreadable(why: string, cause?: unknown): PomboError {
  return new PomboError('INTERNAL_ERROR', `stored data cannot be decrypted: ${why}`, { cause });
}
