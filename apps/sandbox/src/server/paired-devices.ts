/** Devices that were never paired by hand: load tests start with hundreds of them. */
import { randomBytes } from 'node:crypto';
import { createSignalIdentity, Curve, initAuthCreds, proto, type AuthenticationCreds } from '@pombo/whatsapp/protocol';
import { ClientDevice } from '../people/client-device.js';
import type { Directory } from '../people/directory.js';
import { createDeviceIdentity, type DeviceIdentity } from '../signal/device-identity.js';
import { publicKeysOf } from '../signal/key-bundle.js';
import { SharedPool } from '../signal/shared-pool.js';
import { asBuffer } from '../wire/stanza.js';
import { acceptanceOf, issueDeviceIdentity } from './adv-identity.js';
import type { PairedDevice } from './pairing-desk.js';

export interface PrePairedDevice extends PairedDevice {
  /** Log in with these; serialise with Baileys' BufferJSON. */
  readonly creds: AuthenticationCreds;
}

/** A phone and its first companion, with the signatures that tie them together. */
interface LinkedKeys {
  readonly phone: DeviceIdentity;
  readonly companion: DeviceIdentity;
  readonly signedIdentity: Buffer;
  readonly account: proto.IADVSignedDeviceIdentity;
}

const FIRST_COMPANION = 1;

export class PairedDevices {
  readonly #directory: Directory;
  readonly #keys: SharedPool<LinkedKeys>;
  #template: AuthenticationCreds | undefined;

  constructor(directory: Directory, distinctIdentities: number) {
    this.#directory = directory;
    this.#keys = new SharedPool(distinctIdentities, () => linkKeys(createDeviceIdentity(), FIRST_COMPANION));
  }

  /** Links a new device to the phone. Its server-side stock of one-time keys counts as full, so it uploads none. */
  link(phone: string): PrePairedDevice {
    const pooled = this.#directory.find(phone) ? undefined : this.#keys.take();
    const user = this.#directory.account(phone, pooled?.phone);
    const id = user.takeDeviceId();
    const { companion, signedIdentity, account } = pooled ?? linkKeys(user.phone.signal.identity, id);
    const noise = Curve.generateKeyPair();
    const keys = publicKeysOf(companion);
    const noiseKey = asBuffer(noise.public);
    const device = new ClientDevice({ number: phone, id, keys, noiseKey, signedIdentity, keepsNoPreKeys: true });
    user.put(device);
    const [jid, lid] = [device.jid(), device.jid('lid')];
    const creds: AuthenticationCreds = {
      ...(this.#template ??= initAuthCreds()),
      noiseKey: noise,
      pairingEphemeralKeyPair: Curve.generateKeyPair(),
      advSecretKey: randomBytes(32).toString('base64'),
      registrationId: companion.registrationId,
      signedIdentityKey: companion.identityKey,
      signedPreKey: companion.signedPreKey,
      me: { id: jid, lid, name: 'Sandbox' },
      account,
      signalIdentities: [createSignalIdentity(lid, user.phone.signal.identity.identityKey.public)],
      processedHistoryMessages: [],
      accountSettings: { unarchiveChats: false },
      platform: 'android',
      registered: true,
      // Spares the client the wait for a history that will not come.
      accountSyncCounter: 1,
    };
    return { phone, jid, lid, creds };
  }
}

function linkKeys(phone: DeviceIdentity, keyIndex: number): LinkedKeys {
  const companion = createDeviceIdentity();
  const { identityKey } = companion;
  const request = { accountKey: phone.identityKey, companionKey: identityKey.public, keyIndex };
  const signedIdentity = issueDeviceIdentity(request);
  const { details, accountSignatureKey, accountSignature } = proto.ADVSignedDeviceIdentity.decode(signedIdentity);
  const acceptance = acceptanceOf({ details, accountSignatureKey }, identityKey.public);
  const deviceSignature = Curve.sign(identityKey.private, acceptance);
  const account = { details, accountSignatureKey, accountSignature, deviceSignature };
  return { phone, companion, signedIdentity, account };
}
