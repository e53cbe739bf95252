import { ClientDevice, type StoredClientDevice } from './client-device.js';
import { userJid, type AddressForm } from './device-address.js';
import { Inbox } from './inbox.js';
import { PlayedDevice, type StoredPlayedDevice } from './played-device.js';

export type Device = PlayedDevice | ClientDevice;

export interface StoredUser {
  readonly number: string;
  readonly nextDeviceId: number;
  readonly played: readonly StoredPlayedDevice[];
  readonly clients: readonly StoredClientDevice[];
}

/** A WhatsApp account: a phone the sandbox plays, and companions that are played too or are real clients. */
export class User {
  readonly number: string;
  readonly inbox = new Inbox();
  /** Client devices that wrote to this user, and how they addressed it: they hear of changed keys and devices. */
  readonly correspondents = new Map<ClientDevice, AddressForm>();
  readonly #devices = new Map<number, Device>();
  #nextDeviceId = 1;

  constructor(number: string) {
    this.number = number;
  }

  jid(form: AddressForm = 'pn'): string {
    return userJid(this.number, form);
  }

  get devices(): Device[] {
    return [...this.#devices.values()];
  }

  get clients(): ClientDevice[] {
    return this.devices.filter((device) => device instanceof ClientDevice);
  }

  get phone(): PlayedDevice {
    const phone = this.#devices.get(0);
    if (!(phone instanceof PlayedDevice)) throw new Error('user has no phone');
    return phone;
  }

  device(id: number): Device | undefined {
    return this.#devices.get(id);
  }

  /** Reserves the id of the next companion; ids are never used again. */
  takeDeviceId(): number {
    return this.#nextDeviceId++;
  }

  put(device: Device): void {
    this.#devices.set(device.id, device);
    this.#nextDeviceId = Math.max(this.#nextDeviceId, device.id + 1);
  }

  /** @returns whether there was such a companion. */
  remove(deviceId: number): boolean {
    return deviceId !== 0 && this.#devices.delete(deviceId);
  }

  serialize(): StoredUser {
    return {
      number: this.number,
      nextDeviceId: this.#nextDeviceId,
      played: this.devices.filter((device) => device instanceof PlayedDevice).map((device) => device.serialize()),
      clients: this.clients.map((device) => device.serialize()),
    };
  }

  static restore(stored: StoredUser): User {
    const user = new User(stored.number);
    for (const device of stored.played) user.put(PlayedDevice.restore(stored.number, device));
    for (const device of stored.clients) user.put(ClientDevice.restore(stored.number, device));
    user.#nextDeviceId = stored.nextDeviceId;
    return user;
  }
}
