/** Whom tokens name, remembered for less than a second: so long a token works at most after it was taken away. */
import type { Caller, Users } from '@pombo/store';
import { createFreshCache } from './fresh-cache.js';
import type { ChangeFeed } from './change-feed.js';

/** Together with what it takes to use it, under a second. */
const MAX_AGE_MS = 750;
/** Some 300 bytes each. */
const MAX_CALLERS = 20_000;

export interface KnownCallers {
  /** @param tokenHash from `hashToken`. */
  find(tokenHash: string): Caller | Promise<Caller | undefined>;
}

/** @param changes by which most changes are heard at once. */
export function createKnownCallers(users: Pick<Users, 'findCaller'>, changes: ChangeFeed): KnownCallers {
  const cache = createFreshCache<Caller>({
    max: MAX_CALLERS,
    maxAgeMs: () => MAX_AGE_MS,
    read: (tokenHash) => users.findCaller(tokenHash),
  });
  changes.onChange(({ kind, id }) => {
    if (kind === 'user') cache.forget(({ userId }) => userId === id);
    if (kind === 'tenant') cache.forget(({ tenantId }) => tenantId === id);
  });
  changes.onGap(() => cache.forget(() => true));
  return { find: (tokenHash) => cache.get(tokenHash) };
}
