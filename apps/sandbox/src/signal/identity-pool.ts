/**
 * Signing a prekey costs 7.5 ms (curve25519 in JavaScript) and nothing native can replace it, so a load test over
 * thousands of fresh recipients would measure the sandbox. The first `size` devices get an identity of their own;
 * later ones share those. Sessions stay apart all the same: one-time keys and ratchets are per device.
 */
import { createDeviceIdentity, type DeviceIdentity } from './device-identity.js';

export class IdentityPool {
  readonly #size: number;
  readonly #identities: DeviceIdentity[] = [];
  #taken = 0;

  constructor(size: number) {
    this.#size = size;
  }

  take(): DeviceIdentity {
    const index = this.#taken++ % this.#size;
    return (this.#identities[index] ??= createDeviceIdentity());
  }
}
