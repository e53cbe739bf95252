/**
 * Many async storages for the price of one. Node 20 notes the store of every `AsyncLocalStorage` that was ever used in
 * every promise: with three a session, 200 sessions made each `await` in the process cost 170 µs instead of 0.3, and
 * each promise weigh 12 KB. Baileys makes one for every socket and never lets go of it. Here all of them share one real
 * storage, in which the stores that apply stand in a list.
 */
import asyncHooks, { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';

interface Link {
  readonly storage: object;
  readonly store: unknown;
  readonly outer: Link | undefined;
}

const root = new AsyncLocalStorage<Link>();

/** As `AsyncLocalStorage`, in the part that is used of it. */
export class SharedAsyncStorage<T> {
  run<R, A extends unknown[]>(store: T, work: (...args: A) => R, ...args: A): R {
    return root.run({ storage: this, store, outer: without(root.getStore(), this) }, work, ...args);
  }

  getStore(): T | undefined {
    for (let link = root.getStore(); link; link = link.outer) if (link.storage === this) return link.store as T;
    return undefined;
  }
}

/** The list stays as short as there are storages in it, however deep they are nested. */
function without(link: Link | undefined, storage: object): Link | undefined {
  if (!link) return undefined;
  if (link.storage === storage) return link.outer;
  const outer = without(link.outer, storage);
  return outer === link.outer ? link : { ...link, outer };
}

/** @returns what `make` makes; async storages it constructs meanwhile share the real one. */
export function sharingAsyncStorage<T>(make: () => T): T {
  const hooks = asyncHooks as { AsyncLocalStorage: unknown };
  const real = hooks.AsyncLocalStorage;
  hooks.AsyncLocalStorage = SharedAsyncStorage;
  syncBuiltinESMExports();
  try {
    return make();
  } finally {
    hooks.AsyncLocalStorage = real;
    syncBuiltinESMExports();
  }
}
