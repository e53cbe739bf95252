/** Which processes deliver webhooks, so that one that was killed is noticed within seconds. */
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from '../keys.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboWebhooksBeat(...args: Array<string | number>): Result<number, Context>;
  }
}

/** KEYS: processes. ARGV: process, ms of silence. Returns how many others have been silent for longer; once of each. */
const BEAT = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
return redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
`;

export interface WebhookProcesses {
  /** @returns how many others have died: have said nothing for that long, and nobody was told of it yet. */
  beat(owner: string, silenceMs: number): Promise<number>;
  /** It ends in good order. */
  leave(owner: string): Promise<void>;
}

export function createWebhookProcesses(redis: Redis, keys: Keys): WebhookProcesses {
  redis.defineCommand('pomboWebhooksBeat', { numberOfKeys: 1, lua: BEAT });
  return {
    beat: (owner, silenceMs) => redis.pomboWebhooksBeat(keys.webhookAlive, owner, silenceMs),
    async leave(owner) {
      await redis.zrem(keys.webhookAlive, owner);
    },
  };
}
