/**
 * libsignal hands every X25519 key to OpenSSL as DER, for every single agreement: reading a private key that way takes
 * 0.36 ms and a public one 0.08 ms, where the agreement itself takes 0.04 ms, and a new session has five of them. The
 * table of its curve functions is public, and it looks them up there each time: two are replaced by the same over
 * keys that Node reads raw. Keys and cryptography stay Node's (decision 0010).
 */
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import * as libsignal from 'libsignal';

/** As libsignal has keys: public ones with its type byte in front. */
interface CurveKeyPair {
  readonly pubKey: Buffer;
  readonly privKey: Buffer;
}

interface Curve {
  calculateAgreement(publicKey: Buffer, privateKey: Buffer): Buffer;
  generateKeyPair(): CurveKeyPair;
}

const { curve } = libsignal as unknown as { curve: Curve };
const libsignals: Curve = { ...curve };

/** Curve25519, as Signal numbers it. */
const KEY_TYPE = 5;
const KEY_BYTES = 32;

/** Keys made here, for as long as libsignal holds them. */
const known = new WeakMap<Buffer, KeyObject>();

/** Has libsignal's curve functions read keys raw, in this process and from now on. */
export function readCurveKeysRaw(): void {
  Object.assign(curve, { calculateAgreement, generateKeyPair });
}

function calculateAgreement(publicKey: Buffer, privateKey: Buffer): Buffer {
  const isUsual =
    Buffer.isBuffer(publicKey) &&
    publicKey.length === KEY_BYTES + 1 &&
    publicKey[0] === KEY_TYPE &&
    Buffer.isBuffer(privateKey) &&
    privateKey.length === KEY_BYTES;
  // What to say about anything else is libsignal's business.
  if (!isUsual) return libsignals.calculateAgreement(publicKey, privateKey);
  return diffieHellman({
    publicKey: createPublicKey({ key: okp({ x: publicKey.subarray(1) }), format: 'jwk' }),
    privateKey: known.get(privateKey) ?? createPrivateKey({ key: okp({ d: privateKey }), format: 'jwk' }),
  });
}

function generateKeyPair(): CurveKeyPair {
  const { privateKey } = generateKeyPairSync('x25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const privKey = Buffer.from(d, 'base64url');
  known.set(privKey, privateKey);
  return { privKey, pubKey: Buffer.concat([Buffer.of(KEY_TYPE), Buffer.from(x, 'base64url')]) };
}

/** Node wants a public part beside a private one, and makes it from that one whatever it is given. */
function okp({ x, d }: { x?: Buffer; d?: Buffer }) {
  const parts = { x: x?.toString('base64url') ?? '', ...(d ? { d: d.toString('base64url') } : {}) };
  return { kty: 'OKP', crv: 'X25519', ...parts };
}
