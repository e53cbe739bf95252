/** Messages for people who are away, in the order they came. */
export class HeldArrivals {
  readonly #held = new Map<string, Array<() => void>>();

  hold(number: string, deliver: () => void): void {
    const waiting = this.#held.get(number) ?? [];
    waiting.push(deliver);
    this.#held.set(number, waiting);
  }

  /** Delivers what waited for everyone who is back. */
  release(isAbsent: (number: string) => boolean): void {
    for (const [number, waiting] of this.#held) {
      if (isAbsent(number)) continue;
      this.#held.delete(number);
      for (const deliver of waiting) deliver();
    }
  }
}
