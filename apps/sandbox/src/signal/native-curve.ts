/**
 * libsignal hands every X25519 key to OpenSSL as DER, for every single agreement; decoding a private key takes 0.5 ms,
 * ten times the agreement itself, and a fresh session has ten such decodings in it. In a process of its own the sandbox
 * answers libsignal's calls of `node:crypto` with libsodium, which takes keys as they are.
 */
import crypto from 'node:crypto';
import { createRequire } from 'node:module';
import type * as sodiumNative from 'sodium-native';

const RAW_KEY_BYTES = 32;

/** Stands for a key object: what libsignal makes of a key it has, and hands back. */
class RawKey {
  constructor(readonly bytes: Buffer) {}
}

type Sodium = typeof sodiumNative;

/** undefined where there is none for the machine (musl, for one): everything works without, and slower. */
function loadSodium(): Sodium | undefined {
  try {
    return createRequire(import.meta.url)('sodium-native') as Sodium;
  } catch {
    return undefined;
  }
}

/**
 * Replaces four functions of `node:crypto` for this process, for X25519 keys in DER. Not for a process that also measures
 * a client.
 */
export function useNativeCurve(): void {
  const sodium = loadSodium();
  if (!sodium) return;
  const { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } = crypto;
  const sample = generateKeyPairSync('x25519', {
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  });
  // What comes before the raw key in DER.
  const spki = sample.publicKey.subarray(0, -RAW_KEY_BYTES);
  const pkcs8 = sample.privateKey.subarray(0, -RAW_KEY_BYTES);

  const orRead =
    <Read extends (input: never) => unknown>(prefix: Buffer, read: Read) =>
    (input: Parameters<Read>[0]): unknown =>
      rawKeyIn(input, prefix) ?? read(input);
  const agree = ({ privateKey, publicKey }: { privateKey: unknown; publicKey: unknown }): Buffer => {
    const isRaw = privateKey instanceof RawKey && publicKey instanceof RawKey;
    if (!isRaw) return diffieHellman({ privateKey, publicKey } as Parameters<typeof diffieHellman>[0]);
    const secret = Buffer.alloc(RAW_KEY_BYTES);
    sodium.crypto_scalarmult(secret, privateKey.bytes, publicKey.bytes);
    return secret;
  };
  const generate = (type: string, options?: object): unknown => {
    const isLibsignals = type === 'x25519' && options !== undefined;
    if (!isLibsignals) return Reflect.apply(generateKeyPairSync, crypto, [type, options]);
    const privateKey = Buffer.concat([pkcs8, clamp(crypto.randomBytes(RAW_KEY_BYTES))]);
    const publicKey = Buffer.concat([spki, Buffer.alloc(RAW_KEY_BYTES)]);
    sodium.crypto_scalarmult_base(publicKey.subarray(-RAW_KEY_BYTES), privateKey.subarray(-RAW_KEY_BYTES));
    return { privateKey, publicKey };
  };

  Object.assign(crypto, {
    createPrivateKey: orRead(pkcs8, createPrivateKey),
    createPublicKey: orRead(spki, createPublicKey),
    diffieHellman: agree,
    generateKeyPairSync: generate,
  });
}

function rawKeyIn(input: unknown, prefix: Buffer): RawKey | undefined {
  const { key, format } = (input ?? {}) as { key?: unknown; format?: unknown };
  const isX25519 =
    format === 'der' &&
    Buffer.isBuffer(key) &&
    key.length === prefix.length + RAW_KEY_BYTES &&
    key.subarray(0, prefix.length).equals(prefix);
  return isX25519 ? new RawKey(key.subarray(prefix.length)) : undefined;
}

/** As X25519 wants the bits of a private key (RFC 7748, section 5). */
function clamp(key: Buffer): Buffer {
  key[0] = (key[0] ?? 0) & 0xf8;
  key[RAW_KEY_BYTES - 1] = ((key[RAW_KEY_BYTES - 1] ?? 0) & 0x7f) | 0x40;
  return key;
}
