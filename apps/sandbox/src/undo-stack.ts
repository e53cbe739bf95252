/** Whoever opens something pushes its undo at once; `unwind` runs every undo backwards, even after a failure. */
export class UndoStack {
  readonly #undos: Array<() => void | Promise<void>> = [];

  push(undo: () => void | Promise<void>): void {
    this.#undos.push(undo);
  }

  /** @throws an AggregateError of everything that failed. */
  async unwind(): Promise<void> {
    const failures: unknown[] = [];
    for (let undo = this.#undos.pop(); undo; undo = this.#undos.pop()) {
      try {
        await undo();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the sandbox did not close cleanly');
  }
}
