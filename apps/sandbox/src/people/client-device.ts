import type { BinaryNode } from '@pombo/whatsapp/protocol';
import type { KeyBundle, PublicPreKey, PublicSignedPreKey } from '../signal/key-bundle.js';
import { ClientOutbox } from './client-outbox.js';
import { deviceJid, type AddressForm } from './device-address.js';
import type { DeviceSession } from './device-session.js';

/** Below this many one-time keys the server asks for more; Baileys uploads when it hears of fewer than 5. */
const LOW_PRE_KEYS = 5;

export interface ClientKeys {
  readonly registrationId: number;
  readonly identityKey: Buffer;
  readonly signedPreKey: PublicSignedPreKey;
}

export interface StoredClientDevice {
  readonly id: number;
  readonly keys: ClientKeys;
  readonly noiseKey: Buffer;
  readonly signedIdentity: Buffer;
  readonly preKeys: readonly PublicPreKey[];
  readonly keepsNoPreKeys: boolean;
  readonly outbox: readonly BinaryNode[];
}

export interface ClientDeviceOptions {
  readonly number: string;
  readonly id: number;
  readonly keys: ClientKeys;
  /** Public Noise key the device must log in with. */
  readonly noiseKey: Buffer;
  /** Encoded `ADVSignedDeviceIdentity` the phone issued. */
  readonly signedIdentity: Buffer;
  /** Made for load tests: tells the client that the server has enough one-time keys, and gives none out. */
  readonly keepsNoPreKeys?: boolean;
}

/** A linked device that is a real client: the server knows its public keys and, while it is connected, its session. */
export class ClientDevice {
  readonly number: string;
  readonly id: number;
  readonly noiseKey: Buffer;
  readonly signedIdentity: Buffer;
  readonly outbox = new ClientOutbox();
  readonly #keepsNoPreKeys: boolean;
  keys: ClientKeys;
  preKeys: PublicPreKey[] = [];
  /** Unlinked by the phone: later logins are refused. */
  loggedOut = false;
  session: DeviceSession | undefined;
  /** Just linked: the phone still owes it the history. */
  awaitsHistory = false;

  constructor(options: ClientDeviceOptions) {
    this.number = options.number;
    this.id = options.id;
    this.keys = options.keys;
    this.noiseKey = options.noiseKey;
    this.signedIdentity = options.signedIdentity;
    this.#keepsNoPreKeys = options.keepsNoPreKeys ?? false;
  }

  jid(form: AddressForm = 'pn'): string {
    return deviceJid(this.number, this.id, form);
  }

  /** What the device is told when it asks how many of its one-time keys are left. */
  get announcedPreKeys(): number {
    return this.#keepsNoPreKeys ? 2 * LOW_PRE_KEYS : this.preKeys.length;
  }

  get isLowOnPreKeys(): boolean {
    return !this.#keepsNoPreKeys && this.preKeys.length < LOW_PRE_KEYS;
  }

  takeBundle(): KeyBundle {
    const preKey = this.preKeys.shift();
    return { ...this.keys, ...(preKey ? { preKey } : {}) };
  }

  /** Delivers now if the device is connected, else at its next login; again until it confirms. */
  deliver(node: BinaryNode): void {
    this.outbox.add(node);
    this.session?.deliver(node);
  }

  serialize(): StoredClientDevice {
    const { id, keys, noiseKey, signedIdentity, preKeys } = this;
    return {
      id,
      keys,
      noiseKey,
      signedIdentity,
      preKeys,
      keepsNoPreKeys: this.#keepsNoPreKeys,
      outbox: this.outbox.all(),
    };
  }

  static restore(number: string, stored: StoredClientDevice): ClientDevice {
    const device = new ClientDevice({ number, ...stored });
    device.preKeys = [...stored.preKeys];
    for (const node of stored.outbox) device.outbox.add(node);
    return device;
  }
}
