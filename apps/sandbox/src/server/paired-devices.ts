/** Devices that were never paired by hand: load tests start with hundreds of them. */
import { createSignalIdentity, Curve, initAuthCreds, proto, type AuthenticationCreds } from '@pombo/whatsapp/protocol';
import { ClientDevice } from '../people/client-device.js';
import type { User } from '../people/user.js';
import { asBuffer } from '../wire/stanza.js';
import { acceptanceOf, issueDeviceIdentity } from './adv-identity.js';
import type { PairedDevice } from './pairing-desk.js';

export interface PrePairedDevice extends PairedDevice {
  /** Log in with these; serialise with Baileys' BufferJSON. */
  readonly creds: AuthenticationCreds;
}

/** Links a new device to the account. Its server-side stock of one-time keys counts as full, so it uploads none. */
export function linkPairedDevice(user: User): PrePairedDevice {
  const creds = initAuthCreds();
  const id = user.takeDeviceId();
  const companionKey = asBuffer(creds.signedIdentityKey.public);
  const accountKey = user.phone.signal.identity.identityKey;
  const signedIdentity = issueDeviceIdentity({ accountKey, companionKey, keyIndex: id });
  const device = new ClientDevice({
    number: user.number,
    id,
    keys: keysOf(creds),
    noiseKey: asBuffer(creds.noiseKey.public),
    signedIdentity,
    keepsNoPreKeys: true,
  });
  user.put(device);
  const [jid, lid] = [device.jid(), device.jid('lid')];
  creds.account = accept(signedIdentity, creds);
  creds.me = { id: jid, lid, name: 'Sandbox' };
  creds.signalIdentities = [createSignalIdentity(lid, accountKey.public)];
  creds.platform = 'android';
  creds.registered = true;
  // Spares the client the wait for a history that will not come.
  creds.accountSyncCounter = 1;
  return { phone: user.number, jid, lid, creds };
}

function keysOf({ registrationId, signedIdentityKey, signedPreKey }: AuthenticationCreds) {
  return {
    registrationId,
    identityKey: asBuffer(signedIdentityKey.public),
    signedPreKey: {
      keyId: signedPreKey.keyId,
      publicKey: asBuffer(signedPreKey.keyPair.public),
      signature: asBuffer(signedPreKey.signature),
    },
  };
}

function accept(signedIdentity: Buffer, { signedIdentityKey }: AuthenticationCreds): proto.IADVSignedDeviceIdentity {
  const { details, accountSignatureKey, accountSignature } = proto.ADVSignedDeviceIdentity.decode(signedIdentity);
  const acceptance = acceptanceOf({ details, accountSignatureKey }, signedIdentityKey.public);
  const deviceSignature = Curve.sign(signedIdentityKey.private, acceptance);
  return { details, accountSignatureKey, accountSignature, deviceSignature };
}
