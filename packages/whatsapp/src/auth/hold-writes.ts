import type { SignalDataSet, SignalKeyStore } from '@whiskeysockets/baileys';

export interface HeldWrites extends SignalKeyStore {
  /** What was written, to be stored by whoever asked for it to be held. */
  readonly writes: SignalDataSet;
}

/** @returns a view of the store in which what is written is seen at once, and which stores nothing. */
export function holdWrites(store: SignalKeyStore): HeldWrites {
  const writes: SignalDataSet = {};
  return {
    writes,
    async get(type, ids) {
      const found = { ...(await store.get(type, ids)) };
      for (const id of ids) {
        const written = writes[type]?.[id];
        if (written === null) delete found[id];
        else if (written !== undefined) found[id] = written;
      }
      return found;
    },
    set(data) {
      for (const type of Object.keys(data) as Array<keyof SignalDataSet>) {
        Object.assign((writes[type] ??= {}), data[type]);
      }
    },
  };
}
