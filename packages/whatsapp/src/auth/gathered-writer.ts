/**
 * Writes that are asked for in one breath go together, and so do those that are asked for while another is under way: a
 * message is encrypted for several devices at once, and several messages at a time. Every writer hears of its own write
 * only when it is stored, and all are stored in the order they were asked for.
 */
import type { AuthStore } from './auth-store.js';
import { endOfTick } from './end-of-tick.js';

export interface GatheredWriter extends Pick<AuthStore, 'write'> {
  /**
   * @returns undefined when everything that was asked for is stored, otherwise what resolves when it is; rejects, from
   * then on always, once a write has failed.
   */
  stored(): Promise<unknown> | undefined;
}

export function createGatheredWriter(writeOut: AuthStore['write']): GatheredWriter {
  /** What the next write will hold, and its end. */
  let next: { readonly changes: Map<string, string | null>; readonly written: Promise<void> } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let all: Promise<unknown> = last;
  let open = 0;

  const begin = (): NonNullable<typeof next> => {
    const changes = new Map<string, string | null>();
    const write = (): Promise<void> => {
      next = undefined;
      return writeOut(changes);
    };
    const written = last.then(endOfTick).then(write);
    open += 1;
    all = Promise.all([all, written]);
    last = written.catch(() => undefined);
    // A failure leaves it open.
    all.then(() => (open -= 1)).catch(() => undefined);
    return { changes, written };
  };

  return {
    write(changes) {
      next ??= begin();
      for (const [name, value] of changes) next.changes.set(name, value);
      return next.written;
    },
    stored: () => (open === 0 ? undefined : all),
  };
}
