/**
 * How many unknown numbers a device may ask WhatsApp about: a token bucket, since the questions themselves get numbers
 * banned. It lies with the device, so a new owner goes on where the last one stopped.
 */
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboTakeLookUps(...args: Array<string | number>): Result<[number, number], Context>;
  }
}

/**
 * ARGV: wanted, tokens a hour, size of the bucket. Returns {granted, milliseconds until one more is there}. Forgotten
 * when it would be full again.
 */
const TAKE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local wanted, perMs, size = tonumber(ARGV[1]), ARGV[2] / 3600000, tonumber(ARGV[3])
local held = redis.call('HMGET', KEYS[1], 'n', 'at')
local tokens = size
if held[1] then tokens = math.min(size, held[1] + math.max(0, now - held[2]) * perMs) end
local granted = math.min(wanted, math.floor(tokens))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'n', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((size - tokens) / perMs) + 1)
return { granted, math.ceil(math.max(0, 1 - tokens) / perMs) }
`;

export interface LookUpGrant {
  readonly granted: number;
  /** Milliseconds until the next one is granted. */
  readonly nextInMs: number;
}

export interface LookUpBudget {
  /** Takes as many of `wanted` look-ups as there are. */
  take(deviceId: string, wanted: number): Promise<LookUpGrant>;
}

/** @param perHour 0: no limit. @param burst how many may be taken at once after a rest. */
export function createLookUpBudget(redis: Redis, keys: Keys, perHour: number, burst: number): LookUpBudget {
  redis.defineCommand('pomboTakeLookUps', { numberOfKeys: 1, lua: TAKE });
  return {
    async take(deviceId, wanted) {
      if (perHour === 0 || wanted === 0) return { granted: wanted, nextInMs: 0 };
      const [granted, nextInMs] = await redis.pomboTakeLookUps(keys.lookUps(deviceId), wanted, perHour, burst);
      return { granted, nextInMs };
    },
  };
}
