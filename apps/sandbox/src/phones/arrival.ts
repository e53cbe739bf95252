import { getBinaryNodeChild, proto, type BinaryNode } from '@pombo/whatsapp/protocol';
import type { ClientDevice } from '../people/client-device.js';
import type { AddressForm } from '../people/device-address.js';
import { asBuffer, bytesOf } from '../wire/stanza.js';

export interface ArrivedCiphertext {
  readonly type: string;
  readonly bytes: Buffer;
}

/** A message as it reaches one device the sandbox plays. */
export interface Arrival {
  readonly id: string;
  readonly sender: ClientDevice;
  /** How the device was addressed; receipts answer in the same form. */
  readonly form: AddressForm;
  readonly stanza: BinaryNode;
  /** What is meant for this device: its own ciphertext, the group's, or both. */
  readonly ciphertexts: readonly ArrivedCiphertext[];
  readonly group?: string;
}

export function parseEnc(enc: BinaryNode): ArrivedCiphertext {
  return { type: enc.attrs.type ?? '', bytes: bytesOf(enc) ?? Buffer.alloc(0) };
}

/** A companion's first message must show that its phone vouches for it. */
export function showsDeviceIdentity(arrival: Arrival): boolean {
  const shownBytes = bytesOf(getBinaryNodeChild(arrival.stanza, 'device-identity'));
  if (!shownBytes) return false;
  const shown = proto.ADVSignedDeviceIdentity.decode(shownBytes);
  const issued = proto.ADVSignedDeviceIdentity.decode(arrival.sender.signedIdentity);
  return sameBytes(shown.details, issued.details) && sameBytes(shown.accountSignatureKey, issued.accountSignatureKey);
}

function sameBytes(a: Uint8Array | null | undefined, b: Uint8Array | null | undefined): boolean {
  return a != null && b != null && asBuffer(a).equals(b);
}
