/**
 * Who asks WhatsApp about a person right now: a look-up is made once, however many workers need the answer at the same
 * time. A claim ends by itself when its worker dies.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboRelinquish(...args: string[]): Result<number, Context>;
  }
}

/** ARGV: the holder. A claim that ran out may be somebody else's by now. */
const RELINQUISH = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;

export interface RecipientClaims {
  /** @returns those of `jids` that are now this process' to ask for. */
  claim(jids: readonly string[]): Promise<string[]>;
  release(jids: readonly string[]): Promise<void>;
}

/** @param lifeMs longer than an answer usually takes. */
export function createRecipientClaims(redis: Redis, keys: Keys, lifeMs: number): RecipientClaims {
  redis.defineCommand('pomboRelinquish', { numberOfKeys: 1, lua: RELINQUISH });
  const holder = randomUUID();
  return {
    async claim(jids) {
      const taken = await Promise.all(
        jids.map((jid) => redis.set(keys.recipientClaim(jid), holder, 'PX', lifeMs, 'NX')),
      );
      return jids.filter((_jid, index) => taken[index] === 'OK');
    },
    async release(jids) {
      await Promise.all(jids.map((jid) => redis.pomboRelinquish(keys.recipientClaim(jid), holder)));
    },
  };
}
