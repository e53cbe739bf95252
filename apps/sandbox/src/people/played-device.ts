import type { KeyBundle } from '../signal/key-bundle.js';
import { SignalDevice, type StoredSignalDevice } from '../signal/signal-device.js';
import { deviceJid, type AddressForm } from './device-address.js';

const MAX_REMEMBERED = 1_000;

export interface StoredPlayedDevice {
  readonly id: number;
  readonly signal: StoredSignalDevice;
}

/** A phone (id 0) or companion the sandbox plays: it reads what it gets, one message after the other. */
export class PlayedDevice {
  readonly number: string;
  readonly id: number;
  readonly signal: SignalDevice;
  readonly #retries = new Map<string, number>();
  #arrivals = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(number: string, id: number, signal: SignalDevice) {
    this.number = number;
    this.id = id;
    this.signal = signal;
  }

  get isPhone(): boolean {
    return this.id === 0;
  }

  jid(form: AddressForm = 'pn'): string {
    return deviceJid(this.number, this.id, form);
  }

  takeBundle(): KeyBundle {
    return this.signal.takeBundle();
  }

  /** Runs `work` when everything queued before it is done: Signal state must not be used concurrently. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** How many messages arrived so far, this one included. */
  countArrival(): number {
    return ++this.#arrivals;
  }

  /** How often this message has now been asked for again. */
  countRetry(messageId: string): number {
    const count = (this.#retries.get(messageId) ?? 0) + 1;
    this.#retries.set(messageId, count);
    if (this.#retries.size > MAX_REMEMBERED) this.#forgetOldestRetry();
    return count;
  }

  serialize(): StoredPlayedDevice {
    return { id: this.id, signal: this.signal.serialize() };
  }

  static restore(number: string, stored: StoredPlayedDevice): PlayedDevice {
    return new PlayedDevice(number, stored.id, new SignalDevice(stored.signal.identity, stored.signal));
  }

  #forgetOldestRetry(): void {
    for (const oldest of this.#retries.keys()) {
      this.#retries.delete(oldest);
      return;
    }
  }
}
