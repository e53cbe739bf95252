import type { SignalDataSet, SignalKeyStore } from '@whiskeysockets/baileys';

export interface HeldWrites extends SignalKeyStore {
  /** Stores everything, in one write. */
  release(): Promise<void>;
}

/** @returns a view of the store in which what is written is seen at once, and stored when it is released, or never. */
export function holdWrites(store: SignalKeyStore): HeldWrites {
  const held: SignalDataSet = {};
  return {
    async get(type, ids) {
      const found = { ...(await store.get(type, ids)) };
      for (const id of ids) {
        const written = held[type]?.[id];
        if (written === null) delete found[id];
        else if (written !== undefined) found[id] = written;
      }
      return found;
    },
    set(data) {
      for (const type of Object.keys(data) as Array<keyof SignalDataSet>) {
        Object.assign((held[type] ??= {}), data[type]);
      }
    },
    async release() {
      await store.set(held);
    },
  };
}
