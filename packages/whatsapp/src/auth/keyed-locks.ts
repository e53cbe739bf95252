/** Mutual exclusion by name; a name nobody uses costs nothing. */
import { Mutex } from 'async-mutex';

export interface KeyedLocks {
  /** Runs `work` when it has all the names, and nobody else with any of them meanwhile. */
  run<T>(names: readonly string[], work: () => Promise<T>): Promise<T>;
}

export function createKeyedLocks(): KeyedLocks {
  const locks = new Map<string, { readonly mutex: Mutex; users: number }>();

  const withOne = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const lock = locks.get(name) ?? { mutex: new Mutex(), users: 0 };
    locks.set(name, lock);
    lock.users += 1;
    try {
      return await lock.mutex.runExclusive(work);
    } finally {
      lock.users -= 1;
      if (lock.users === 0) locks.delete(name);
    }
  };

  return {
    run<T>(names: readonly string[], work: () => Promise<T>) {
      // In one order for all, so that no two wait for each other.
      const inOrder = [...new Set(names)].sort().reverse();
      return inOrder.reduce<() => Promise<T>>((inner, name) => () => withOne(name, inner), work)();
    },
  };
}
