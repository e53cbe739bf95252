/**
 * Writes that are asked for in one breath go together, and so do those that are asked for while another is under way: a
 * message is encrypted for several devices at once, and each writes its ratchet before the bytes leave. Every writer still hears of its own write only
 * when it is stored, and all are stored in the order they were asked for.
 */
import type { AuthStore } from './auth-store.js';
import { endOfTick } from './end-of-tick.js';

export function createGatheredWriter(writeOut: AuthStore['write']): Pick<AuthStore, 'write'> {
  /** What the next write will hold, and its end. */
  let next: { readonly changes: Map<string, string | null>; readonly written: Promise<void> } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const begin = (): NonNullable<typeof next> => {
    const changes = new Map<string, string | null>();
    const write = (): Promise<void> => {
      next = undefined;
      return writeOut(changes);
    };
    const written = last.then(endOfTick).then(write);
    last = written.catch(() => undefined);
    return { changes, written };
  };

  return {
    write(changes) {
      next ??= begin();
      for (const [name, value] of changes) next.changes.set(name, value);
      return next.written;
    },
  };
}
