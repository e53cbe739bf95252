/** What was made of media and can be used again: in Redis for every worker, and at hand for this one. */
import { growingUpTo } from '@pombo/runtime';
import type { ReusableName, Reusables } from '@pombo/store';
import { LRUCache } from 'lru-cache';
import { decodeValue, encodeValue } from './encode-value.js';

/** Times in milliseconds since the epoch. */
export interface Shelved<T> {
  readonly value: T;
  readonly goodUntil: number;
  /** When it was made, or was last seen to be still there. */
  readonly seenAt: number;
}

export interface Shelf {
  recall<T>(what: ReusableName): Shelved<T> | undefined;
  find<T>(what: ReusableName): Promise<Shelved<T> | undefined>;
  /** At hand at once, in Redis before whatever is asked of it next. */
  save<T>(what: ReusableName, shelved: Shelved<T>): void;
}

/** Some 5 KB each, most of it a thumbnail. */
const AT_HAND = 1_000;

/** @param onError hears when something was not kept for others: they make it themselves. */
export function createShelf(reusables: Reusables, onError: (error: unknown) => void): Shelf {
  const atHand = new LRUCache<string, Shelved<unknown>>(growingUpTo(AT_HAND));
  const placeOf = ({ tenantId, name }: ReusableName): string => `${tenantId} ${name}`;
  const ifGood = <T>(shelved: Shelved<unknown> | undefined): Shelved<T> | undefined =>
    shelved && shelved.goodUntil > Date.now() ? (shelved as Shelved<T>) : undefined;

  return {
    recall: (what) => ifGood(atHand.get(placeOf(what))),
    async find<T>(what: ReusableName) {
      const text = await reusables.read(what);
      if (text === undefined) return undefined;
      const found = ifGood<T>(decodeValue(text) as Shelved<unknown>);
      if (found) atHand.set(placeOf(what), found);
      return found;
    },
    save(what, shelved) {
      const leftMs = shelved.goodUntil - Date.now();
      if (leftMs <= 0) return;
      atHand.set(placeOf(what), shelved);
      void reusables.save(what, encodeValue(shelved), leftMs).catch(onError);
    },
  };
}
