/**
 * Signing a key costs 7.5 ms (curve25519 in JavaScript; 100 ms inside jest) and nothing native can replace it, so a load
 * test over thousands of fresh recipients would measure the sandbox. The first `size` takers get keys of their own;
 * later ones share those. Sessions stay apart all the same: one-time keys and ratchets are per device.
 */
export class SharedPool<T> {
  readonly #size: number;
  readonly #create: () => T;
  readonly #made: T[] = [];
  #taken = 0;

  constructor(size: number, create: () => T) {
    this.#size = Math.max(1, size);
    this.#create = create;
  }

  take(): T {
    const index = this.#taken++ % this.#size;
    return (this.#made[index] ??= this.#create());
  }
}
