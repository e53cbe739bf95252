/**
 * libsignal hands every X25519 key to OpenSSL as DER, for every single agreement: reading a private key that way takes
 * 0.36 ms and a public one 0.08 ms, where the agreement itself takes 0.04 ms, and a new session has five of them.
 * Signatures it checks in JavaScript, which takes 5 ms, and every login has two of them. The table of its curve functions
 * is public, and it looks them up there each time: three are replaced by the same over keys that Node reads raw. Keys and
 * cryptography stay Node's (decision 0010).
 */
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes, verify } from 'node:crypto';
import * as libsignal from 'libsignal';
import { LRUCache } from 'lru-cache';

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

const { curve } = libsignal as unknown as { curve: Curve };
const libsignals: Curve = { ...curve };

/** Curve25519, as Signal numbers it. */
const KEY_TYPE = 5;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** 2^255 - 19, over which both forms of the curve are. */
const P = (1n << 255n) - 19n;

/** Keys made or read here, for as long as libsignal holds them. */
const known = new WeakMap<Buffer, KeyObject>();
/** Private keys that were read, by what they are: libsignal is handed an account's own in a new copy each time. */
const readLately = new LRUCache<string, KeyObject>({ max: 1_000 });

/** Has libsignal's curve functions read keys raw, in this process and from now on. */
export function readCurveKeysRaw(): void {
  Object.assign(curve, { calculateAgreement, generateKeyPair, verifySignature });
}

function calculateAgreement(publicKey: Buffer, privateKey: Buffer): Buffer {
  const isUsual = isPublicKey(publicKey) && Buffer.isBuffer(privateKey) && privateKey.length === KEY_BYTES;
  // What to say about anything else is libsignal's business.
  if (!isUsual) return libsignals.calculateAgreement(publicKey, privateKey);
  return diffieHellman({
    publicKey: readPublic(publicKey),
    privateKey: known.get(privateKey) ?? readPrivate(privateKey),
  });
}

/** A new session takes the other side's signed key three times. */
function readPublic(bytes: Buffer): KeyObject {
  const read = known.get(bytes) ?? createPublicKey({ key: okp({ x: bytes.subarray(1) }), format: 'jwk' });
  known.set(bytes, read);
  return read;
}

function readPrivate(bytes: Buffer): KeyObject {
  const key = okp({ d: bytes });
  const read = readLately.get(key.d ?? '') ?? createPrivateKey({ key, format: 'jwk' });
  readLately.set(key.d ?? '', read);
  return read;
}

/**
 * Not by `generateKeyPairSync`: a key that is made there shares a lock with the job that made it, and is exported under
 * that lock. When memory is tidied up just then, the job goes, waits for the lock, and the process stands still for good
 * (seen with Node 20.20).
 */
function generateKeyPair(): CurveKeyPair {
  const privKey = clamp(randomBytes(KEY_BYTES));
  const privateKey = createPrivateKey({ key: okp({ d: privKey }), format: 'jwk' });
  known.set(privKey, privateKey);
  const { x = '' } = privateKey.export({ format: 'jwk' });
  return { privKey, pubKey: Buffer.concat([Buffer.of(KEY_TYPE), Buffer.from(x, 'base64url')]) };
}

/** As X25519 wants the bits of a private key (RFC 7748, section 5). */
function clamp(key: Buffer): Buffer {
  key[0] = (key[0] ?? 0) & 0xf8;
  key[KEY_BYTES - 1] = ((key[KEY_BYTES - 1] ?? 0) & 0x7f) | 0x40;
  return key;
}

/**
 * XEdDSA: the key is turned into one of Ed25519, whose sign comes with the signature, and that verifies as usual
 * ("The XEdDSA and VXEdDSA Signature Schemes", Signal, 2016, section 3).
 */
function verifySignature(publicKey: Buffer, message: Uint8Array, signature: Uint8Array, isInit?: boolean): boolean {
  const isUsual = !isInit && isPublicKey(publicKey) && isBytes(message) && isBytes(signature);
  if (!isUsual || signature.length !== SIGNATURE_BYTES) {
    return libsignals.verifySignature(publicKey, message, signature, isInit);
  }
  const [x, signed] = [edwardsOf(publicKey.subarray(1)), Buffer.from(signature)];
  const last = signed[SIGNATURE_BYTES - 1] ?? 0;
  x[KEY_BYTES - 1] = ((x[KEY_BYTES - 1] ?? 0) & 0x7f) | (last & 0x80);
  signed[SIGNATURE_BYTES - 1] = last & 0x7f;
  return verify(null, message, createPublicKey({ key: okp({ x }, 'Ed25519'), format: 'jwk' }), signed);
}

const isBytes = (value: unknown): boolean => value instanceof Uint8Array;

const isPublicKey = (key: Buffer): boolean =>
  Buffer.isBuffer(key) && key.length === KEY_BYTES + 1 && key[0] === KEY_TYPE;

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

/** Node wants a public part beside a private one, and makes it from that one whatever it is given. */
function okp(
  { x, d }: { x?: Buffer; d?: Buffer },
  crv: 'X25519' | 'Ed25519' = 'X25519',
): { kty: string; crv: string; x: string; d?: string } {
  const parts = { x: x?.toString('base64url') ?? '', ...(d ? { d: d.toString('base64url') } : {}) };
  return { kty: 'OKP', crv, ...parts };
}
