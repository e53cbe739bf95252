/**
 * libsignal hands every X25519 key to OpenSSL as DER, for every single agreement; decoding a private key takes 0.5 ms,
 * ten times the agreement itself, and a fresh session has ten such decodings in it. In a process of its own the sandbox
 * remembers private keys it made or saw, and passes public ones as JWK, which Node reads without OpenSSL's decoder.
 * The keys and the cryptography stay Node's.
 */
import crypto, { type KeyObject } from 'node:crypto';

/** Some 500 bytes each. */
const MAX_REMEMBERED = 50_000;
const RAW_KEY_BYTES = 32;
/** In a JWK. */
const X25519 = { kty: 'OKP', crv: 'X25519' };

interface DerKey {
  readonly key: Buffer;
  readonly format: 'der';
  readonly type: 'pkcs8' | 'spki';
}

function isDerKey(input: unknown): input is DerKey {
  if (typeof input !== 'object' || input === null) return false;
  const { key, format, type } = input as Partial<DerKey>;
  return Buffer.isBuffer(key) && format === 'der' && (type === 'pkcs8' || type === 'spki');
}

class RememberedKeys {
  readonly #privateKeys = new Map<string, KeyObject>();

  find(der: Buffer): KeyObject | undefined {
    return this.#privateKeys.get(der.toString('latin1'));
  }

  add(der: Buffer, key: KeyObject): KeyObject {
    this.#privateKeys.set(der.toString('latin1'), key);
    if (this.#privateKeys.size > MAX_REMEMBERED) this.#privateKeys.delete(this.#privateKeys.keys().next().value ?? '');
    return key;
  }
}

/** As X25519 wants the bits of a private key (RFC 7748, section 5). */
function clamp(key: Buffer): Buffer {
  key[0] = (key[0] ?? 0) & 0xf8;
  key[RAW_KEY_BYTES - 1] = ((key[RAW_KEY_BYTES - 1] ?? 0) & 0x7f) | 0x40;
  return key;
}

/** Replaces three functions of `node:crypto` for this process. Not for a process that also measures a client. */
export function rememberKeys(): void {
  const { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } = crypto;
  const known = new RememberedKeys();
  const sample = generateKeyPairSync('x25519', {
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  });
  // What comes before the raw key in DER.
  const spki = sample.publicKey.subarray(0, -RAW_KEY_BYTES);
  const pkcs8 = sample.privateKey.subarray(0, -RAW_KEY_BYTES);

  const readPrivate = (input: Parameters<typeof createPrivateKey>[0]): KeyObject => {
    if (!isDerKey(input)) return createPrivateKey(input);
    return known.find(input.key) ?? known.add(input.key, createPrivateKey(input));
  };
  const readPublic = (input: Parameters<typeof createPublicKey>[0]): KeyObject => {
    if (!isDerKey(input) || !input.key.subarray(0, -RAW_KEY_BYTES).equals(spki)) return createPublicKey(input);
    const x = input.key.subarray(-RAW_KEY_BYTES).toString('base64url');
    return createPublicKey({ key: { ...X25519, x }, format: 'jwk' });
  };
  const generate = (type: string, options?: object): unknown => {
    const isLibsignals = type === 'x25519' && options !== undefined;
    if (!isLibsignals) return Reflect.apply(generateKeyPairSync, crypto, [type, options]);
    // A key that `generateKeyPairSync` made can lock up the process when it is exported (decision 0010).
    const raw = clamp(randomBytes(RAW_KEY_BYTES));
    const privateKey = createPrivateKey({ key: { ...X25519, x: '', d: raw.toString('base64url') }, format: 'jwk' });
    const { x = '' } = privateKey.export({ format: 'jwk' });
    const der = Buffer.concat([pkcs8, raw]);
    known.add(der, privateKey);
    return { privateKey: der, publicKey: Buffer.concat([spki, Buffer.from(x, 'base64url')]) };
  };

  Object.assign(crypto, { createPrivateKey: readPrivate, createPublicKey: readPublic, generateKeyPairSync: generate });
}
