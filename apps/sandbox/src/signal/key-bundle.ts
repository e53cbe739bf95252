import {
  encodeBigEndian,
  generateSignalPubKey,
  getBinaryNodeChild,
  KEY_BUNDLE_TYPE,
  type BinaryNode,
} from '@pombo/whatsapp/protocol';
import { asBuffer, bigEndianToNumber, requireBytes, stanza } from '../wire/stanza.js';
import type { DeviceIdentity } from './device-identity.js';

const KEY_ID_BYTES = 3;

export interface PublicPreKey {
  readonly keyId: number;
  /** Without the type byte. */
  readonly publicKey: Buffer;
}

export interface PublicSignedPreKey extends PublicPreKey {
  readonly signature: Buffer;
}

/** What a sender needs to begin a Signal session with a device. */
export interface KeyBundle {
  readonly registrationId: number;
  readonly identityKey: Buffer;
  readonly signedPreKey: PublicSignedPreKey;
  /** Absent when the device's one-time keys have run out. */
  readonly preKey?: PublicPreKey;
}

/** What a device's long-lived keys show to others: a bundle without a one-time key. */
export function publicKeysOf({ registrationId, identityKey, signedPreKey }: DeviceIdentity): Omit<KeyBundle, 'preKey'> {
  return {
    registrationId,
    identityKey: asBuffer(identityKey.public),
    signedPreKey: {
      keyId: signedPreKey.keyId,
      publicKey: asBuffer(signedPreKey.keyPair.public),
      signature: asBuffer(signedPreKey.signature),
    },
  };
}

/** The bundle as libsignal's session builder wants it: keys with their type byte. */
export function bundleForLibsignal(bundle: KeyBundle) {
  return {
    registrationId: bundle.registrationId,
    identityKey: generateSignalPubKey(bundle.identityKey),
    signedPreKey: { ...bundle.signedPreKey, publicKey: generateSignalPubKey(bundle.signedPreKey.publicKey) },
    preKey: bundle.preKey && { ...bundle.preKey, publicKey: generateSignalPubKey(bundle.preKey.publicKey) },
  };
}

const number = (tag: string, value: number, lengthBytes: number) =>
  stanza(tag, {}, encodeBigEndian(value, lengthBytes));

function preKeyNode(key: PublicPreKey): BinaryNode {
  return stanza('key', {}, [number('id', key.keyId, KEY_ID_BYTES), stanza('value', {}, key.publicKey)]);
}

function signedPreKeyNode(key: PublicSignedPreKey): BinaryNode {
  return stanza('skey', {}, [
    number('id', key.keyId, KEY_ID_BYTES),
    stanza('value', {}, key.publicKey),
    stanza('signature', {}, key.signature),
  ]);
}

export function registrationNode(registrationId: number): BinaryNode {
  return number('registration', registrationId, 4);
}

/** Children of `<keys>` in a retry receipt, and (with `registration` before them) of `<user>` in a key answer. */
export function bundleNodes(bundle: KeyBundle): BinaryNode[] {
  return [
    stanza('type', {}, KEY_BUNDLE_TYPE),
    stanza('identity', {}, bundle.identityKey),
    ...(bundle.preKey ? [preKeyNode(bundle.preKey)] : []),
    signedPreKeyNode(bundle.signedPreKey),
  ];
}

/** Reads `<key>`. */
export function parsePreKey(node: BinaryNode): PublicPreKey {
  return { keyId: bigEndianToNumber(requireBytes(node, 'id')), publicKey: requireBytes(node, 'value') };
}

/** Reads `<skey>`. */
export function parseSignedPreKey(node: BinaryNode): PublicSignedPreKey {
  return { ...parsePreKey(node), signature: requireBytes(node, 'signature') };
}

/** Reads the bundle a retry receipt carries in `<keys>`. */
export function parseRetryBundle(receipt: BinaryNode): KeyBundle | undefined {
  const keys = getBinaryNodeChild(receipt, 'keys');
  const signed = getBinaryNodeChild(keys, 'skey');
  if (!keys || !signed) return undefined;
  const preKey = getBinaryNodeChild(keys, 'key');
  return {
    registrationId: bigEndianToNumber(requireBytes(receipt, 'registration')),
    identityKey: requireBytes(keys, 'identity'),
    signedPreKey: parseSignedPreKey(signed),
    ...(preKey ? { preKey: parsePreKey(preKey) } : {}),
  };
}
