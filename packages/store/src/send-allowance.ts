/**
 * How much each user may send: a token bucket in Redis, shared by all ingresses, which fetch tokens by the handful. What
 * was fetched is spent or lost, so together they never let through more than the bucket held.
 */
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboTakeTokens(...args: Array<string | number>): Result<[number, number], Context>;
  }
}

/**
 * KEYS: bucket. ARGV: tokens a second, most there can be, wanted. Gives an eighth of what is there at most, so that
 * nothing is left lying in one process when there is little; one at least, if there is one.
 * Returns {tokens, ms until there is one}.
 */
const TAKE = `
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 't', 'at')
local tokens = burst
if held[1] then tokens = math.min(burst, held[1] + math.max(0, now - held[2]) * rate / 1000) end
local given = 0
if tokens >= 1 then given = math.max(1, math.min(wanted, math.floor(tokens / 8))) end
local left = tokens - given
redis.call('HSET', KEYS[1], 't', string.format('%.4f', left), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - left) * 1000 / rate) + 1000)
return { given, math.max(0, math.ceil((1 - left) * 1000 / rate)) }
`;

export interface SendAllowance {
  /** @returns how many tokens were given, and after how many milliseconds the next can be had. */
  take(tenantId: string, userId: string, wanted: number): Promise<{ tokens: number; nextInMs: number }>;
}

/** @param ratePerSecond tokens that come back each second. @param burst most there can be. */
export function createSendAllowance(redis: Redis, keys: Keys, ratePerSecond: number, burst: number): SendAllowance {
  redis.defineCommand('pomboTakeTokens', { numberOfKeys: 1, lua: TAKE });
  return {
    async take(tenantId, userId, wanted) {
      const key = keys.userBucket(tenantId, userId);
      const [tokens, nextInMs] = await redis.pomboTakeTokens(key, ratePerSecond, burst, wanted);
      return { tokens, nextInMs };
    },
  };
}
