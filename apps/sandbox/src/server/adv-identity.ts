/** The phone vouches for a companion: an "ADV signed device identity". */
import {
  Curve,
  hmacSign,
  proto,
  WA_ADV_ACCOUNT_SIG_PREFIX,
  WA_ADV_DEVICE_SIG_PREFIX,
  type KeyPair,
} from '@pombo/whatsapp/protocol';
import { asBuffer } from '../wire/stanza.js';

export interface IssueRequest {
  /** The phone's identity key. */
  readonly accountKey: KeyPair;
  /** The companion's public identity key. */
  readonly companionKey: Uint8Array;
  readonly keyIndex: number;
}

/** @returns an encoded `ADVSignedDeviceIdentity`, without the companion's own signature. */
export function issueDeviceIdentity({ accountKey, companionKey, keyIndex }: IssueRequest): Buffer {
  const details = proto.ADVDeviceIdentity.encode({
    rawId: keyIndex,
    timestamp: Math.floor(Date.now() / 1000),
    keyIndex,
    accountType: proto.ADVEncryptionType.E2EE,
    deviceType: proto.ADVEncryptionType.E2EE,
  }).finish();
  const accountSignature = Curve.sign(
    accountKey.private,
    Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, companionKey]),
  );
  const identity = { details, accountSignatureKey: accountKey.public, accountSignature };
  return Buffer.from(proto.ADVSignedDeviceIdentity.encode(identity).finish());
}

/** Wraps an issued identity so that the companion knows it came from who saw its QR. */
export function sealDeviceIdentity(identity: Buffer, advSecret: Buffer): Uint8Array {
  const hmac = hmacSign(identity, advSecret);
  return proto.ADVSignedDeviceIdentityHMAC.encode({ details: identity, hmac }).finish();
}

/** What the companion signs to accept an issued identity. */
export function acceptanceOf(identity: proto.IADVSignedDeviceIdentity, companionKey: Uint8Array): Buffer {
  const { details, accountSignatureKey } = identity;
  if (!details || !accountSignatureKey) throw new Error('device identity is incomplete');
  return Buffer.concat([WA_ADV_DEVICE_SIG_PREFIX, details, companionKey, accountSignatureKey]);
}

/** Whether the companion's answer to `pair-success` carries its valid signature. */
export function isAccepted(issued: Buffer, answer: Uint8Array, companionKey: Uint8Array): boolean {
  const identity = proto.ADVSignedDeviceIdentity.decode(issued);
  const { deviceSignature } = proto.ADVSignedDeviceIdentity.decode(answer);
  if (!deviceSignature) return false;
  return Curve.verify(asBuffer(companionKey), acceptanceOf(identity, companionKey), deviceSignature);
}
