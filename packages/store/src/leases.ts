/**
 * One owner per device. A lease names its owner and carries a fencing epoch that grows with every change of owner;
 * whoever writes state of a device shows its epoch and is refused when a later one exists. A lease is held while its
 * owner is alive (`Workers.beat`), so none has to be renewed.
 */
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';
import { createWorkers } from './workers.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboClaim(...args: Array<string | number>): Result<[epoch: number, doubtfulUntil: number] | null, Context>;
    pomboRelease(...args: Array<string | number>): Result<number, Context>;
  }
}

/**
 * ARGV: owner, then owner and epoch as they were read, empty when there was none. Returns the new epoch and until when
 * what was written is doubtful, or nothing when someone else was faster. An epoch is never below Redis' time in
 * milliseconds: one that Redis forgot in a crash with the last second's writes is not given a second time. A history of
 * Redis (its replication id) other than at the claim before means that a replica was promoted or the server started
 * anew since.
 */
const CLAIM = `
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch', 'history', 'doubtfulUntil')
if (held[1] or '') ~= ARGV[2] or (held[2] or '') ~= ARGV[3] then return false end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local epoch = math.max((tonumber(held[2]) or 0) + 1, now)
local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local doubtfulUntil = tonumber(held[4]) or 0
if held[3] and held[3] ~= history then doubtfulUntil = now end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'epoch', string.format('%.0f', epoch),
  'history', history, 'doubtfulUntil', string.format('%.0f', doubtfulUntil))
return { epoch, doubtfulUntil }
`;

/** ARGV: owner, epoch. The epoch stays, so that it never repeats. */
const RELEASE = `
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'owner')
return 1
`;

export interface HeldLease {
  readonly deviceId: string;
  readonly epoch: number;
}

export interface ClaimedLease extends HeldLease {
  /**
   * Milliseconds since the epoch, 0 for never: until then Redis may have lost writes that it had confirmed, so what was
   * written before may be older than it should be.
   */
  readonly doubtfulUntil: number;
}

/** What stands in a lease, whether its owner is alive or not. */
export interface LeaseEntry {
  readonly owner: string | undefined;
  /** 0 for a device nobody ever owned. */
  readonly epoch: number;
}

export interface Leases {
  /** @returns the lease with its new epoch, or undefined while another live worker holds the device. */
  claim(deviceId: string): Promise<ClaimedLease | undefined>;
  /** Those of the leases that are no longer this worker's, asked in one round trip. */
  findLost(held: readonly HeldLease[]): Promise<HeldLease[]>;
  release(lease: HeldLease): Promise<void>;
  /** In the order of the ids, asked in one round trip. */
  read(deviceIds: readonly string[]): Promise<LeaseEntry[]>;
}

/** @param owner unique name of this worker process, under which it beats. */
export function createLeases(redis: Redis, keys: Keys, owner: string): Leases {
  redis.defineCommand('pomboClaim', { numberOfKeys: 1, lua: CLAIM });
  redis.defineCommand('pomboRelease', { numberOfKeys: 1, lua: RELEASE });
  const workers = createWorkers(redis, keys);
  const read = (deviceIds: readonly string[]) => Promise.all(deviceIds.map((id) => readLease(redis, keys, id)));
  return {
    read,
    async claim(deviceId) {
      const held = await readLease(redis, keys, deviceId);
      if (held.owner !== undefined && held.owner !== owner && (await workers.isAlive(held.owner))) return undefined;
      const seen = [held.owner ?? '', held.epoch === 0 ? '' : held.epoch];
      const claimed = await redis.pomboClaim(keys.lease(deviceId), owner, ...seen);
      return claimed ? { deviceId, epoch: claimed[0], doubtfulUntil: claimed[1] } : undefined;
    },
    async findLost(held) {
      const entries = await read(held.map(({ deviceId }) => deviceId));
      return held.filter(({ epoch }, i) => entries[i]?.owner !== owner || entries[i].epoch !== epoch);
    },
    async release({ deviceId, epoch }) {
      await redis.pomboRelease(keys.lease(deviceId), owner, epoch);
    },
  };
}

async function readLease(redis: Redis, keys: Keys, deviceId: string): Promise<LeaseEntry> {
  const [owner, epoch] = await redis.hmget(keys.lease(deviceId), 'owner', 'epoch');
  return { owner: owner ?? undefined, epoch: Number(epoch ?? 0) };
}
