/** Pairing by an eight-character code: the phone's side of `link_code_companion_reg`. */
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  Curve,
  derivePairingCodeKey,
  hkdf,
  type KeyPair,
} from '@pombo/whatsapp/protocol';
import { randomBytes } from 'node:crypto';
import { asBuffer } from '../wire/stanza.js';

const SALT_BYTES = 32;
const CTR_IV_BYTES = 16;
const GCM_IV_BYTES = 12;
const KEY_BYTES = 32;

/** What the phone knows once it has read the code. */
export interface LinkCodeExchange {
  readonly ephemeralKey: KeyPair;
  readonly companionEphemeral: Buffer;
  /** The phone's ephemeral key, wrapped with the code. */
  readonly wrappedEphemeral: Buffer;
}

/** @param wrappedCompanionEphemeral what the client sent in `companion_hello`. */
export async function openLinkCode(code: string, wrappedCompanionEphemeral: Buffer): Promise<LinkCodeExchange> {
  const salt = wrappedCompanionEphemeral.subarray(0, SALT_BYTES);
  const iv = wrappedCompanionEphemeral.subarray(SALT_BYTES, SALT_BYTES + CTR_IV_BYTES);
  const key = await derivePairingCodeKey(code, salt);
  const companionEphemeral = aesDecryptCTR(wrappedCompanionEphemeral.subarray(SALT_BYTES + CTR_IV_BYTES), key, iv);
  const ephemeralKey = Curve.generateKeyPair();
  const ownSalt = randomBytes(SALT_BYTES);
  const ownIv = randomBytes(CTR_IV_BYTES);
  const ownKey = await derivePairingCodeKey(code, ownSalt);
  const wrapped = aesEncryptCTR(ephemeralKey.public, ownKey, ownIv);
  return {
    ephemeralKey,
    companionEphemeral: asBuffer(companionEphemeral),
    wrappedEphemeral: Buffer.concat([ownSalt, ownIv, wrapped]),
  };
}

/**
 * Opens the key bundle of `companion_finish` and derives the secret both sides now share.
 * @throws when it can't be opened: the code typed into the phone is not the one the client shows.
 */
export function deriveAdvSecret(exchange: LinkCodeExchange, accountKey: KeyPair, wrappedBundle: Buffer): Buffer {
  const shared = Curve.sharedKey(exchange.ephemeralKey.private, exchange.companionEphemeral);
  const salt = wrappedBundle.subarray(0, SALT_BYTES);
  const iv = wrappedBundle.subarray(SALT_BYTES, SALT_BYTES + GCM_IV_BYTES);
  const key = hkdf(shared, KEY_BYTES, { salt, info: 'link_code_pairing_key_bundle_encryption_key' });
  const bundle = aesDecryptGCM(wrappedBundle.subarray(SALT_BYTES + GCM_IV_BYTES), key, iv, Buffer.alloc(0));
  const companionIdentity = bundle.subarray(0, KEY_BYTES);
  const random = bundle.subarray(2 * KEY_BYTES);
  const identityShared = Curve.sharedKey(accountKey.private, companionIdentity);
  return asBuffer(hkdf(Buffer.concat([shared, identityShared, random]), KEY_BYTES, { info: 'adv_secret' }));
}
