import { Curve, signedKeyPair, type KeyPair, type SignedKeyPair } from '@pombo/whatsapp/protocol';

const MAX_REGISTRATION_ID = 16_380;

/** The long-lived keys of one device. */
export interface DeviceIdentity {
  readonly registrationId: number;
  readonly identityKey: KeyPair;
  readonly signedPreKey: SignedKeyPair;
}

export function createDeviceIdentity(): DeviceIdentity {
  const identityKey = Curve.generateKeyPair();
  return {
    registrationId: 1 + Math.floor(Math.random() * MAX_REGISTRATION_ID),
    identityKey,
    signedPreKey: signedKeyPair(identityKey, 1),
  };
}
