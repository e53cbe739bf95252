/**
 * Who does something right now that should be done once however many processes need it at the same time. A claim ends by
 * itself when its holder dies.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboRelinquish(...args: string[]): Result<number, Context>;
    pomboProlong(...args: Array<string | number>): Result<number, Context>;
  }
}

/** ARGV: the holder. A claim that ran out may be somebody else's by now. */
const RELINQUISH = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;
/** ARGV: the holder, milliseconds. */
const PROLONG = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;

export interface Claims {
  /** @returns those of `names` that are now this process' to do. */
  claim(names: readonly string[]): Promise<string[]>;
  /** Keeps claims for another life. */
  prolong(names: readonly string[]): Promise<void>;
  release(names: readonly string[]): Promise<void>;
}

/** @param lifeMs how long a claim outlives its holder. */
export function createClaims(redis: Redis, keyOf: (name: string) => string, lifeMs: number): Claims {
  redis.defineCommand('pomboRelinquish', { numberOfKeys: 1, lua: RELINQUISH });
  redis.defineCommand('pomboProlong', { numberOfKeys: 1, lua: PROLONG });
  const holder = randomUUID();
  return {
    async claim(names) {
      const taken = await Promise.all(names.map((name) => redis.set(keyOf(name), holder, 'PX', lifeMs, 'NX')));
      return names.filter((_name, index) => taken[index] === 'OK');
    },
    async prolong(names) {
      await Promise.all(names.map((name) => redis.pomboProlong(keyOf(name), holder, lifeMs)));
    },
    async release(names) {
      await Promise.all(names.map((name) => redis.pomboRelinquish(keyOf(name), holder)));
    },
  };
}
