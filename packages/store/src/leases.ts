/**
 * One owner per device. A lease carries a fencing epoch that grows with every change of owner; whoever writes state of
 * a device shows its epoch and is refused when a later one exists.
 */
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboClaim(...args: Array<string | number>): Result<number, Context>;
    pomboRenew(...args: Array<string | number>): Result<number, Context>;
    pomboRelease(...args: Array<string | number>): Result<number, Context>;
    pomboOwner(...args: Array<string | number>): Result<string | null, Context>;
  }
}

const NOW = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) `;

/** ARGV: owner, ttl ms. Returns the new epoch, or 0 while someone else holds it. */
const CLAIM = `${NOW}
local held = redis.call('HMGET', KEYS[1], 'owner', 'until')
if held[1] and held[1] ~= ARGV[1] and tonumber(held[2]) > now then return 0 end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', now + ARGV[2])
return redis.call('HINCRBY', KEYS[1], 'epoch', 1)
`;

/** ARGV: owner, epoch, ttl ms. Returns 1, or 0 when the lease is no longer this owner's. */
const RENEW = `${NOW}
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'until', now + ARGV[3])
return 1
`;

/** ARGV: owner, epoch. The epoch stays, so that it never repeats. */
const RELEASE = `
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'owner', 'until')
return 1
`;

/**
 * Returns the owner of a lease that has not run out, by Redis' clock as for everyone. The first line lets it run where
 * writes have to wait; it is Redis 7's.
 */
const OWNER = `#!lua flags=no-writes
${NOW}
local held = redis.call('HMGET', KEYS[1], 'owner', 'until')
if held[1] and tonumber(held[2]) > now then return held[1] end
return false
`;

export interface HeldLease {
  readonly deviceId: string;
  readonly epoch: number;
}

export interface Leases {
  /** @returns the lease with its new epoch, or undefined while another worker holds the device. */
  claim(deviceId: string): Promise<HeldLease | undefined>;
  /** Renews all in one round trip. @returns the leases that are lost. */
  renew(held: readonly HeldLease[]): Promise<HeldLease[]>;
  release(lease: HeldLease): Promise<void>;
  /** Those of the devices that no other worker holds, asked in one round trip. */
  findFree(deviceIds: readonly string[]): Promise<string[]>;
  /** Name of the worker that holds the device now. */
  ownerOf(deviceId: string): Promise<string | undefined>;
}

/** @param owner unique name of this worker process. @param ttlMs a lease not renewed for this long is free. */
export function createLeases(redis: Redis, keys: Keys, owner: string, ttlMs: number): Leases {
  defineOwnerScript(redis);
  redis.defineCommand('pomboClaim', { numberOfKeys: 1, lua: CLAIM });
  redis.defineCommand('pomboRenew', { numberOfKeys: 1, lua: RENEW });
  redis.defineCommand('pomboRelease', { numberOfKeys: 1, lua: RELEASE });
  return {
    async claim(deviceId) {
      const epoch = await redis.pomboClaim(keys.lease(deviceId), owner, ttlMs);
      return epoch > 0 ? { deviceId, epoch } : undefined;
    },
    async renew(held) {
      const kept = await Promise.all(
        held.map(({ deviceId, epoch }) => redis.pomboRenew(keys.lease(deviceId), owner, epoch, ttlMs)),
      );
      return held.filter((_lease, index) => kept[index] === 0);
    },
    async release({ deviceId, epoch }) {
      await redis.pomboRelease(keys.lease(deviceId), owner, epoch);
    },
    async findFree(deviceIds) {
      const owners = await Promise.all(deviceIds.map((deviceId) => readOwner(redis, keys, deviceId)));
      return deviceIds.filter((_id, index) => owners[index] === undefined || owners[index] === owner);
    },
    ownerOf: (deviceId) => readOwner(redis, keys, deviceId),
  };
}

/** Makes the script of `readOwner` known to a connection. */
export function defineOwnerScript(redis: Redis): void {
  redis.defineCommand('pomboOwner', { numberOfKeys: 1, lua: OWNER });
}

/** Name of the worker whose lease on the device has not run out. */
export async function readOwner(redis: Redis, keys: Keys, deviceId: string): Promise<string | undefined> {
  return (await redis.pomboOwner(keys.lease(deviceId))) ?? undefined;
}
