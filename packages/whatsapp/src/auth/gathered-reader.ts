/**
 * Reads that are asked for in one breath go together: of people not written to before, Baileys and we look for mappings and
 * sessions one by one, which are not there.
 */
import type { AuthStore } from './auth-store.js';
import { endOfTick } from './end-of-tick.js';

export function createGatheredReader(readAll: AuthStore['read']): Pick<AuthStore, 'read'> {
  /** What the next read will ask for, and its answer. */
  let next: { readonly names: Set<string>; readonly found: Promise<Map<string, string | undefined>> } | undefined;

  const begin = (): NonNullable<typeof next> => {
    const names = new Set<string>();
    const read = async (): Promise<Map<string, string | undefined>> => {
      await endOfTick();
      next = undefined;
      const asked = [...names];
      const texts = await readAll(asked);
      return new Map(asked.map((name, index) => [name, texts[index]]));
    };
    return { names, found: read() };
  };

  return {
    async read(names) {
      next ??= begin();
      for (const name of names) next.names.add(name);
      const found = await next.found;
      return names.map((name) => found.get(name));
    },
  };
}
