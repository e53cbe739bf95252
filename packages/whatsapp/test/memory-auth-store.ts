/** An `AuthStore` in memory that can be slow, refuse, or belong to a process that died. */
import { setTimeout as wait } from 'node:timers/promises';
import { type AuthenticationCreds, BufferJSON } from '@whiskeysockets/baileys';
import { type AuthStore, encodeCredentials } from '@pombo/whatsapp';

export interface MemoryAuthStore extends AuthStore {
  /** What is stored, by name. */
  readonly values: Map<string, string>;
  /** Names of every write asked for, in order; `(clear)` for forgetting all. */
  readonly journal: ReadonlyArray<readonly string[]>;
  /** How long a write takes. */
  writeDelayMs: number;
  /** When set, writes reject with it, as those of a stale epoch do. */
  refusal: Error | undefined;
  /** The process died: writes begun or yet to come leave no trace. */
  die(): void;
  /** A store that begins with what this one holds: what the next owner finds. */
  successor(): MemoryAuthStore;
  creds(): AuthenticationCreds;
}

export function createMemoryAuthStore(stored: ReadonlyMap<string, string> = new Map()): MemoryAuthStore {
  const values = new Map(stored);
  const journal: string[][] = [];
  let dead = false;
  let tail: Promise<unknown> = Promise.resolve();

  const apply = (changes: ReadonlyMap<string, string | null>): void => {
    for (const [name, value] of changes) {
      if (value === null) values.delete(name);
      else values.set(name, value);
    }
  };

  const store: MemoryAuthStore = {
    values,
    journal,
    writeDelayMs: 0,
    refusal: undefined,
    read: (names) => Promise.resolve(names.map((name) => values.get(name))),
    readAll: () => Promise.resolve(new Map(values)),
    async write(changes) {
      journal.push([...changes.keys()]);
      // As with one connection to Redis, a write is answered after all earlier ones.
      const earlier = tail;
      const taken = wait(store.writeDelayMs);
      tail = taken;
      await earlier;
      await taken;
      if (dead) return;
      if (store.refusal) throw store.refusal;
      apply(changes);
    },
    async clear() {
      journal.push(['(clear)']);
      await tail;
      values.clear();
    },
    die() {
      dead = true;
    },
    successor: () => createMemoryAuthStore(values),
    creds: () => JSON.parse(values.get('creds') ?? '{}', BufferJSON.reviver) as AuthenticationCreds,
  };
  return store;
}

/** The store of a device that was paired elsewhere. */
export function createPairedAuthStore(creds: AuthenticationCreds): MemoryAuthStore {
  return createMemoryAuthStore(encodeCredentials(creds));
}
