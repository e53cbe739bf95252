import { createDeviceIdentity, type DeviceIdentity } from '../signal/device-identity.js';
import { SharedPool } from '../signal/shared-pool.js';
import { SignalDevice } from '../signal/signal-device.js';
import { canonicalNumber } from './canonical-number.js';
import { ClientDevice } from './client-device.js';
import { parseDeviceJid } from './device-address.js';
import { PlayedDevice } from './played-device.js';
import { User, type StoredUser } from './user.js';

export interface DirectoryOptions {
  /** How many devices get an identity key of their own before keys are shared. */
  readonly distinctIdentities: number;
  /** Numbers the faults say aren't on WhatsApp. */
  isAbsentFromWhatsapp(number: string): boolean;
}

/** Everyone on this WhatsApp. People come into being when somebody asks for them. */
export class Directory {
  readonly #users = new Map<string, User>();
  readonly #identities: SharedPool<DeviceIdentity>;
  readonly #options: DirectoryOptions;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#identities = new SharedPool(options.distinctIdentities, createDeviceIdentity);
  }

  /** Only the canonical spelling of a number is an account. */
  exists(number: string): boolean {
    return canonicalNumber(number) === number && !this.#options.isAbsentFromWhatsapp(number);
  }

  find(number: string): User | undefined {
    return this.#users.get(number);
  }

  all(): User[] {
    return [...this.#users.values()];
  }

  /** The person with that number: a phone and a companion, if nobody knew them before. */
  person(number: string): User {
    const known = this.#users.get(number);
    if (known) return known;
    const user = this.account(number);
    this.addCompanion(user);
    return user;
  }

  /**
   * The account with that number: just a phone, if nobody knew it before.
   * @param identity keys of the new phone.
   */
  account(number: string, identity: DeviceIdentity = this.#identities.take()): User {
    const known = this.#users.get(number);
    if (known) return known;
    const user = new User(number);
    user.put(new PlayedDevice(number, 0, new SignalDevice(identity)));
    this.#users.set(number, user);
    return user;
  }

  addCompanion(user: User): PlayedDevice {
    const device = new PlayedDevice(user.number, user.takeDeviceId(), new SignalDevice(this.#identities.take()));
    user.put(device);
    return device;
  }

  /** The phone as it is after WhatsApp was installed again: same number, new keys, no sessions. */
  reinstallPhone(user: User): PlayedDevice {
    const phone = new PlayedDevice(user.number, 0, new SignalDevice(createDeviceIdentity()));
    user.put(phone);
    return phone;
  }

  clientDevices(): ClientDevice[] {
    return this.all().flatMap((user) => user.clients);
  }

  /** @throws when no linked device has that jid (PN or LID). */
  clientDevice(jid: string): ClientDevice {
    const address = parseDeviceJid(jid);
    const device = address && this.find(address.number)?.device(address.device);
    if (!(device instanceof ClientDevice)) throw new Error('no such linked device');
    return device;
  }

  serialize(): StoredUser[] {
    return this.all().map((user) => user.serialize());
  }

  restore(users: readonly StoredUser[]): void {
    for (const stored of users) this.#users.set(stored.number, User.restore(stored));
  }
}
