/**
 * The workers that are alive, each with what it can carry. A worker beats once a tick, and that one write keeps all its
 * leases: a lease is held as long as its owner beats. However many devices a worker owns, holding them costs nothing.
 */
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboBeat(...args: Array<string | number>): Result<[number, string, ...string[]], Context>;
    pomboLive(...args: Array<string | number>): Result<number, Context>;
  }
}

const NOW = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function parse(seat)
  local untilMs, since, capacity, draining, connecting = string.match(seat or '', '^(%d+):(%d+):(%d+):(%d):?(%d*)$')
  return tonumber(untilMs or 0), tonumber(since or 0), capacity, draining, connecting
end
`;

/** How long a worker that fell silent stays listed, for nobody; it is dead as soon as its time is over. */
const FORGOTTEN_AFTER_MS = 60_000;

/**
 * KEYS: workers, device version. ARGV: name, ttl ms, capacity, draining 0 | 1, devices that are connecting.
 * Returns {1 when it was alive until now, version, then of every live worker its name, age in ms, capacity, draining,
 * connecting and the ms it counts as alive from now}.
 */
const BEAT = `${NOW}
local lives, since = parse(redis.call('HGET', KEYS[1], ARGV[1]))
local alive = lives > now
if not alive then since = now end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f:%.0f:%s:%s:%s', now + ARGV[2], since, ARGV[3], ARGV[4], ARGV[5]))
local reply = { alive and 1 or 0, redis.call('GET', KEYS[2]) or '0' }
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local untilMs, began, capacity, draining, connecting = parse(all[i + 1])
  if untilMs > now then
    local left = string.format('%.0f', untilMs - now)
    for _, value in ipairs({ all[i], string.format('%.0f', now - began), capacity, draining, connecting, left }) do
      table.insert(reply, value)
    end
  elseif untilMs + ${FORGOTTEN_AFTER_MS} < now then
    redis.call('HDEL', KEYS[1], all[i])
  end
end
return reply
`;

/** KEYS: workers. ARGV: name. Returns for how many ms the worker counts as alive if it falls silent now; 0: it is dead. */
const LIVE = `#!lua flags=no-writes
${NOW}
return math.max(0, (parse(redis.call('HGET', KEYS[1], ARGV[1]))) - now)
`;

export interface LiveWorker {
  readonly name: string;
  /** How long it has been alive without a break, in milliseconds. */
  readonly ageMs: number;
  /** How many devices it can own. */
  readonly capacity: number;
  /** It is about to stop: it keeps what it has until it gives it away, and takes nothing. */
  readonly draining: boolean;
  /** Devices it has taken over and not connected yet. */
  readonly connecting: number;
  /** For how long it counts as alive if it falls silent now, in milliseconds. */
  readonly leftMs: number;
}

/** What a worker says of itself. */
export interface OwnSeat extends Pick<LiveWorker, 'name' | 'capacity' | 'draining'> {
  readonly connecting?: number;
}

/** What a worker learns whenever it beats. */
export interface FleetView {
  /** False when its time had run out, or Redis forgot it: others may have taken its devices. */
  readonly wasAlive: boolean;
  /** See `Devices.version`. */
  readonly version: number;
  readonly workers: readonly LiveWorker[];
}

export interface Workers {
  /** Says that this worker is alive for the next `ttlMs`, by Redis' clock. */
  beat(worker: OwnSeat, ttlMs: number): Promise<FleetView>;
  /** Is dead at once, without having to fall silent. */
  leave(name: string): Promise<void>;
  isAlive(name: string): Promise<boolean>;
}

export function createWorkers(redis: Redis, keys: Keys): Workers {
  redis.defineCommand('pomboBeat', { numberOfKeys: 2, lua: BEAT });
  return {
    async beat({ name, capacity, draining, connecting = 0 }, ttlMs) {
      const args = [name, ttlMs, capacity, Number(draining), connecting];
      const [alive, version, ...seats] = await redis.pomboBeat(keys.workers, keys.deviceVersion, ...args);
      return { wasAlive: alive === 1, version: Number(version), workers: workersFrom(seats) };
    },
    async leave(name) {
      await redis.hdel(keys.workers, name);
    },
    isAlive: async (name) => (await readLife(redis, keys, name)) > 0,
  };
}

/** Of a worker in the reply of a beat. */
const PARTS = 6;

function workersFrom(seats: readonly string[]): LiveWorker[] {
  const found: LiveWorker[] = [];
  for (let i = 0; i + PARTS <= seats.length; i += PARTS) {
    const [name = '', ageMs, capacity, draining, connecting, leftMs] = seats.slice(i, i + PARTS);
    found.push({
      ...{ name, ageMs: Number(ageMs), capacity: Number(capacity), draining: draining === '1' },
      ...{ connecting: Number(connecting), leftMs: Number(leftMs) },
    });
  }
  return found;
}

/** For how many milliseconds a worker that falls silent now still counts as alive; 0 when it is dead. */
async function readLife(redis: Redis, keys: Keys, name: string): Promise<number> {
  redis.defineCommand('pomboLive', { numberOfKeys: 1, lua: LIVE });
  return redis.pomboLive(keys.workers, name);
}

/** A worker seen alive is believed to be for so long, so that reading many devices asks once per worker. */
const BELIEVED_MS = 500;

/** @returns a function that tells whether a worker is alive, at most `BELIEVED_MS` late to notice a death. */
export function createLifeCheck(redis: Redis, keys: Keys): (name: string) => Promise<boolean> {
  const believed = new Map<string, number>();
  return async (name) => {
    const now = performance.now();
    if ((believed.get(name) ?? 0) > now) return true;
    const lifeMs = await readLife(redis, keys, name);
    if (lifeMs === 0) believed.delete(name);
    else believed.set(name, now + Math.min(lifeMs, BELIEVED_MS));
    return lifeMs > 0;
  };
}
