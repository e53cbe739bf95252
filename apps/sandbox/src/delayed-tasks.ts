/** Timers that all end with the sandbox: a receipt due after `stop()` must not fire into a closed world. */
export class DelayedTasks {
  readonly #pending = new Set<NodeJS.Timeout>();
  #closed = false;

  after(delayMs: number, task: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      task();
    }, delayMs);
    this.#pending.add(timer);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }
}
