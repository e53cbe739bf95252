import { Curve, generateSignalPubKey, libsignal, type KeyPair } from '@pombo/whatsapp/protocol';
import { asBuffer } from '../wire/stanza.js';
import type { DeviceIdentity } from './device-identity.js';
import { bundleForLibsignal, type KeyBundle, publicKeysOf } from './key-bundle.js';
import { SenderKeys, type StoredSenderKey } from './sender-keys.js';
import { SessionBook, type StoredSession } from './session-book.js';

/** One-time keys handed out and not yet used; older ones are forgotten. */
const MAX_OUTSTANDING_PRE_KEYS = 1_000;
const PRE_KEY_MESSAGE = 3;

export type CiphertextType = 'pkmsg' | 'msg';

export interface Ciphertext {
  readonly type: CiphertextType;
  readonly bytes: Buffer;
}

export interface StoredSignalDevice {
  readonly identity: DeviceIdentity;
  readonly nextPreKeyId: number;
  readonly preKeys: ReadonlyArray<readonly [id: number, key: KeyPair]>;
  readonly sessions: readonly StoredSession[];
  readonly senderKeys: readonly StoredSenderKey[];
}

/** The Signal side of a device the sandbox plays. Callers take turns: it must not be used concurrently. */
export class SignalDevice {
  readonly identity: DeviceIdentity;
  readonly senderKeys: SenderKeys;
  readonly #sessions = new SessionBook();
  readonly #preKeys = new Map<number, KeyPair>();
  #nextPreKeyId = 1;

  constructor(identity: DeviceIdentity, stored?: StoredSignalDevice) {
    this.identity = identity;
    this.senderKeys = new SenderKeys(identity, stored?.senderKeys);
    if (!stored) return;
    this.#nextPreKeyId = stored.nextPreKeyId;
    for (const [id, key] of stored.preKeys) this.#preKeys.set(id, key);
    this.#sessions.restore(stored.sessions);
  }

  /** A bundle with a fresh one-time key. */
  takeBundle(): KeyBundle {
    const preKey = Curve.generateKeyPair();
    const keyId = this.#nextPreKeyId++;
    this.#preKeys.set(keyId, preKey);
    this.#preKeys.delete(keyId - MAX_OUTSTANDING_PRE_KEYS);
    return { ...publicKeysOf(this.identity), preKey: { keyId, publicKey: asBuffer(preKey.public) } };
  }

  hasSession(number: string, device: number): boolean {
    return this.#sessions.get(addressOf(number, device).toString())?.haveOpenSession() ?? false;
  }

  async startSession(number: string, device: number, bundle: KeyBundle): Promise<void> {
    const builder = new libsignal.SessionBuilder(this.#storage(), addressOf(number, device));
    await builder.initOutgoing(bundleForLibsignal(bundle) as Parameters<libsignal.SessionBuilder['initOutgoing']>[0]);
  }

  /** @throws when there is no session. */
  async encrypt(number: string, device: number, plaintext: Uint8Array): Promise<Ciphertext> {
    const cipher = new libsignal.SessionCipher(this.#storage(), addressOf(number, device));
    const { type, body } = await cipher.encrypt(asBuffer(plaintext));
    return { type: type === PRE_KEY_MESSAGE ? 'pkmsg' : 'msg', bytes: Buffer.from(body, 'binary') };
  }

  /** @throws when the message can't be read, for instance because its counter was used before. */
  async decrypt(number: string, device: number, message: Ciphertext): Promise<Buffer> {
    const address = addressOf(number, device);
    return message.type === 'pkmsg'
      ? this.#decryptFirst(address, message.bytes)
      : this.#decryptLater(address, message.bytes);
  }

  serialize(): StoredSignalDevice {
    return {
      identity: this.identity,
      nextPreKeyId: this.#nextPreKeyId,
      preKeys: [...this.#preKeys],
      sessions: this.#sessions.serialize(),
      senderKeys: this.senderKeys.serialize(),
    };
  }

  #decryptFirst(address: libsignal.ProtocolAddress, bytes: Buffer): Promise<Buffer> {
    const cipher = new libsignal.SessionCipher(this.#storage(), address);
    return this.#sessions.attempt(address.toString(), () => cipher.decryptPreKeyWhisperMessage(bytes));
  }

  async #decryptLater(address: libsignal.ProtocolAddress, bytes: Buffer): Promise<Buffer> {
    const id = address.toString();
    let failure: unknown = new Error('No session record');
    for (const record of this.#sessions.separate(id)) {
      const cipher = new libsignal.SessionCipher(this.#storage(record), address);
      try {
        const plaintext = await this.#sessions.attempt(id, () => cipher.decryptWhisperMessage(bytes));
        this.#sessions.merge(id, record);
        return plaintext;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** @param only a session record to use instead of the one on file. */
  #storage(only?: libsignal.SessionRecord): libsignal.SignalStorage {
    const { identityKey, signedPreKey, registrationId } = this.identity;
    return {
      loadSession: (id) => Promise.resolve(only ?? this.#sessions.get(id)),
      storeSession: (id, record) => {
        if (record !== only) this.#sessions.set(id, record);
        return Promise.resolve();
      },
      isTrustedIdentity: () => true,
      loadPreKey: (id) => Promise.resolve(forLibsignal(this.#preKeys.get(Number(id)))),
      removePreKey: (id) => void this.#preKeys.delete(id),
      loadSignedPreKey: () => keysForLibsignal(signedPreKey.keyPair),
      getOurRegistrationId: () => registrationId,
      getOurIdentity: () => keysForLibsignal(identityKey),
    };
  }
}

function addressOf(number: string, device: number): libsignal.ProtocolAddress {
  return new libsignal.ProtocolAddress(number, device);
}

function keysForLibsignal(pair: KeyPair) {
  return { privKey: asBuffer(pair.private), pubKey: asBuffer(generateSignalPubKey(pair.public)) };
}

function forLibsignal(pair: KeyPair | undefined) {
  return pair && keysForLibsignal(pair);
}
