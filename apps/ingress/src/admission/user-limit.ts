/**
 * Holds users to what they may send. Tokens are fetched from the shared bucket for a tenth of a second ahead, so at a high
 * rate few requests ask Redis, and a user who has none left is refused without asking until there can be one again.
 */
import { PomboError } from '@pombo/contracts';
import { SECOND } from '@pombo/runtime';
import type { Caller, SendAllowance } from '@pombo/store';
import { LRUCache } from 'lru-cache';

/** Tokens not spent by then are lost. */
const KEPT_MS = SECOND;
const FETCHED_AHEAD_SECONDS = 0.1;
const MAX_USERS = 20_000;

/** What this process holds of one user's tokens. Times from `performance.now()`. */
interface Purse {
  tokens: number;
  lostAt: number;
  refusedUntil: number;
  /** Requests waiting for tokens. */
  waiting: number;
  fetching: Promise<void> | undefined;
}

export interface UserLimit {
  /** @throws PomboError RATE_LIMITED with the time until the next message may be sent. */
  admit(caller: Caller): Promise<void>;
}

export function createUserLimit(allowance: SendAllowance, ratePerSecond: number): UserLimit {
  const purses = new LRUCache<string, Purse>({ max: MAX_USERS });
  const ahead = Math.ceil(ratePerSecond * FETCHED_AHEAD_SECONDS);

  const purseOf = ({ userId }: Caller): Purse => {
    const known = purses.get(userId);
    if (known) return known;
    const purse: Purse = { tokens: 0, lostAt: 0, refusedUntil: 0, waiting: 0, fetching: undefined };
    purses.set(userId, purse);
    return purse;
  };
  const fetch = async (purse: Purse, { tenantId, userId }: Caller): Promise<void> => {
    const wanted = Math.max(ahead, purse.waiting);
    const { tokens, nextInMs } = await allowance.take(tenantId, userId, wanted);
    const now = performance.now();
    if (tokens === 0) purse.refusedUntil = now + nextInMs;
    purse.tokens = tokens;
    purse.lostAt = now + KEPT_MS;
  };

  return {
    async admit(caller) {
      const purse = purseOf(caller);
      purse.waiting += 1;
      try {
        for (;;) {
          const now = performance.now();
          if (purse.tokens > 0 && now < purse.lostAt) break;
          if (now < purse.refusedUntil) throw tooFast(purse.refusedUntil - now);
          // One fetch for all who wait; whoever comes away empty-handed fetches again.
          purse.fetching ??= fetch(purse, caller).finally(() => (purse.fetching = undefined));
          await purse.fetching;
        }
        purse.tokens -= 1;
      } finally {
        purse.waiting -= 1;
      }
    },
  };
}

function tooFast(waitMs: number): PomboError {
  return new PomboError('RATE_LIMITED', 'you send faster than your limit allows', {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / SECOND)),
  });
}
