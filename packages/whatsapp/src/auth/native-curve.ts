/**
 * libsignal hands every X25519 key to OpenSSL as DER, for every single agreement: reading a private key that way takes
 * 0.36 ms and a public one 0.08 ms, where the agreement itself takes 0.05 ms, and a new session has five of them.
 * Signatures it checks in JavaScript, which takes 5 ms, and every login has two of them. The table of its curve functions
 * is public, and it looks them up there each time: three are replaced by libsodium's, which take keys as they are
 * (decision 0025).
 */
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import * as libsignal from 'libsignal';
import type * as sodiumNative from 'sodium-native';

/** As libsignal has keys: public ones with its type byte in front. */
interface CurveKeyPair {
  readonly pubKey: Buffer;
  readonly privKey: Buffer;
}

interface Curve {
  calculateAgreement(publicKey: Buffer, privateKey: Buffer): Buffer;
  generateKeyPair(): CurveKeyPair;
  verifySignature(publicKey: Buffer, message: Uint8Array, signature: Uint8Array, isInit?: boolean): boolean;
}

type Sodium = typeof sodiumNative;

const { curve } = libsignal as unknown as { curve: Curve };
const libsignals: Curve = { ...curve };

/** Curve25519, as Signal numbers it. */
const KEY_TYPE = 5;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** 2^255 - 19, over which both forms of the curve are. */
const P = (1n << 255n) - 19n;

/**
 * Has libsignal's curve functions be libsodium's, in this process and from now on; where there is no libsodium for the
 * machine (musl, for one), they stay what they are: slower, and right.
 */
export function useNativeCurve(load: () => Sodium = loadSodium): void {
  try {
    Object.assign(curve, createNativeCurve(load()));
  } catch {
    Object.assign(curve, libsignals);
  }
}

/** Not by an import, which could not fail alone. */
const loadSodium = (): Sodium => createRequire(import.meta.url)('sodium-native') as Sodium;

/** What is not a key of the usual form is libsignal's business: it says what is wrong. */
function createNativeCurve(sodium: Sodium): Curve {
  return {
    calculateAgreement(publicKey, privateKey) {
      const isUsual = isPublicKey(publicKey) && Buffer.isBuffer(privateKey) && privateKey.length === KEY_BYTES;
      if (!isUsual) return libsignals.calculateAgreement(publicKey, privateKey);
      const secret = Buffer.alloc(KEY_BYTES);
      sodium.crypto_scalarmult(secret, privateKey, publicKey.subarray(1));
      return secret;
    },

    generateKeyPair() {
      const privKey = clamp(randomBytes(KEY_BYTES));
      const pubKey = Buffer.alloc(1 + KEY_BYTES, KEY_TYPE);
      sodium.crypto_scalarmult_base(pubKey.subarray(1), privKey);
      return { privKey, pubKey };
    },

    /**
     * XEdDSA: the key is turned into one of Ed25519, whose sign comes with the signature, and that verifies as usual
     * ("The XEdDSA and VXEdDSA Signature Schemes", Signal, 2016, section 3).
     */
    verifySignature(publicKey, message, signature, isInit) {
      const isUsual = !isInit && isPublicKey(publicKey) && isBytes(message) && isBytes(signature);
      if (!isUsual || signature.length !== SIGNATURE_BYTES) {
        return libsignals.verifySignature(publicKey, message, signature, isInit);
      }
      const [key, signed] = [edwardsOf(publicKey.subarray(1)), Buffer.from(signature)];
      const last = signed[SIGNATURE_BYTES - 1] ?? 0;
      key[KEY_BYTES - 1] = ((key[KEY_BYTES - 1] ?? 0) & 0x7f) | (last & 0x80);
      signed[SIGNATURE_BYTES - 1] = last & 0x7f;
      return sodium.crypto_sign_verify_detached(signed, Buffer.from(message), key);
    },
  };
}

const isBytes = (value: unknown): boolean => value instanceof Uint8Array;

const isPublicKey = (key: Buffer): boolean =>
  Buffer.isBuffer(key) && key.length === KEY_BYTES + 1 && key[0] === KEY_TYPE;

/** As X25519 wants the bits of a private key (RFC 7748, section 5). */
function clamp(key: Buffer): Buffer {
  key[0] = (key[0] ?? 0) & 0xf8;
  key[KEY_BYTES - 1] = ((key[KEY_BYTES - 1] ?? 0) & 0x7f) | 0x40;
  return key;
}

/** The y of the Edwards form, (u - 1) / (u + 1), of a u of the Montgomery form; both little-endian. */
function edwardsOf(montgomery: Buffer): Buffer {
  const u = BigInt(`0x${Buffer.from(montgomery).reverse().toString('hex')}`) & ((1n << 255n) - 1n);
  const y = (((u - 1n + P) % P) * power(u + 1n, P - 2n)) % P;
  return Buffer.from(y.toString(16).padStart(KEY_BYTES * 2, '0'), 'hex').reverse();
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base % P];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
