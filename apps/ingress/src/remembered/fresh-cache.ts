/**
 * Remembers what was read for a short while. The age counts from when reading began, so whoever is told something has a
 * bound for how old it can be, also when Redis was slow or nobody heard that it changed.
 */
import { LRUCache } from 'lru-cache';

export interface FreshCache<V extends object> {
  /** At once where it is known, else by reading; whoever asks meanwhile shares that. What is not there is not remembered. */
  get(key: string): V | Promise<V | undefined>;
  /** Forgets what answers the question with yes, and all that is being read at this moment. */
  forget(isMeant: (value: V) => boolean): void;
  forgetKey(key: string): void;
}

export interface FreshCacheOptions<V extends object> {
  /** Entries; the one least recently used makes room. */
  readonly max: number;
  /** In milliseconds, of a value. */
  readonly maxAgeMs: (value: V) => number;
  readonly read: (key: string) => Promise<V | undefined>;
}

interface Entry<V> {
  readonly reading: Promise<V | undefined>;
  value: V | undefined;
  /** From `performance.now()`. */
  freshUntil: number;
}

export function createFreshCache<V extends object>({ max, maxAgeMs, read }: FreshCacheOptions<V>): FreshCache<V> {
  const entries = new LRUCache<string, Entry<V>>({ max });

  const begin = (key: string): Promise<V | undefined> => {
    const beganAt = performance.now();
    const entry: Entry<V> = { reading: read(key), value: undefined, freshUntil: Number.POSITIVE_INFINITY };
    const drop = (): void => {
      // `peek`, since another reading may have taken its place.
      if (entries.peek(key) === entry) entries.delete(key);
    };
    entries.set(key, entry);
    entry.reading.then((value) => {
      if (value === undefined) return drop();
      entry.value = value;
      entry.freshUntil = beganAt + maxAgeMs(value);
    }, drop);
    return entry.reading;
  };

  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry || performance.now() >= entry.freshUntil) return begin(key);
      return entry.value ?? entry.reading;
    },
    forget(isMeant) {
      for (const [key, { value }] of [...entries.entries()]) {
        if (value === undefined || isMeant(value)) entries.delete(key);
      }
    },
    forgetKey: (key) => void entries.delete(key),
  };
}
