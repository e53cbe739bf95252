/** A device's own pacing, and how far it has used it up. The dispatch script enforces it. */
import { effectivePacing, type Pacing, PACING_NAMES, type PacingChanges } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';
import { NEW_CHATS_HELD } from './scripts/pace.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboNewChatsHeld(...args: string[]): Result<number, Context>;
  }
}

/** What a device may send and has sent. */
export interface PacingState {
  /** What applies: the device's own limits over the defaults. */
  readonly limits: Pacing;
  /** Limits of the device's own. */
  readonly own: Partial<Pacing>;
  readonly sentLastDay: number;
  readonly newChatsLastDay: number;
  readonly sentLastMinute: number;
  /** Earliest time of the next message as far as the interval goes, ms since the epoch; absent when it may go now. */
  readonly nextAt?: number;
  /** Messages allowed within 24 hours today, by `per_day` and `warm_up`; absent when there is no limit. */
  readonly dayLimit?: number;
}

export interface Pacings {
  /** Takes effect with the next message, in whichever worker. */
  change(deviceId: string, changes: PacingChanges): Promise<void>;
  read(deviceId: string, defaults: Pacing): Promise<PacingState>;
  /** Time until the device may write to a chat that is new to it, ms; 0 for now. */
  newChatsHeldMs(deviceId: string, defaults: Pacing): Promise<number>;
  /** From now on the days of `warm_up` are counted. */
  notePaired(deviceId: string): Promise<void>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;
const OWN = 'o.';

/** As the scripts read them. */
export function encodeLimits({ warm_up, ...limits }: Pacing): string {
  return JSON.stringify({ ...limits, warm_up: warm_up.join(',') });
}

export function createPacings(redis: Redis, keys: Keys): Pacings {
  redis.defineCommand('pomboNewChatsHeld', { numberOfKeys: 3, lua: NEW_CHATS_HELD });
  return {
    async change(deviceId, changes) {
      const set: string[] = [];
      const remove: string[] = [];
      for (const name of PACING_NAMES) {
        const value = changes[name];
        if (value === null) remove.push(OWN + name);
        else if (value !== undefined) set.push(OWN + name, String(value));
      }
      const transaction = redis.multi();
      if (set.length > 0) transaction.hset(keys.pace(deviceId), ...set);
      if (remove.length > 0) transaction.hdel(keys.pace(deviceId), ...remove);
      await transaction.exec();
    },
    async read(deviceId, defaults) {
      const [fields, times] = await Promise.all([
        redis.hgetall(keys.pace(deviceId)),
        redis.lrange(keys.paceMinute(deviceId), 0, -1),
      ]);
      return stateOf(fields, times.map(Number), defaults, Date.now());
    },
    newChatsHeldMs: (deviceId, defaults) =>
      redis.pomboNewChatsHeld(
        keys.pace(deviceId),
        keys.paceMinute(deviceId),
        keys.chats(deviceId),
        encodeLimits(defaults),
      ),
    async notePaired(deviceId) {
      await redis.hset(keys.pace(deviceId), 'paired', Date.now());
    },
  };
}

type Fields = Readonly<Record<string, string>>;

function stateOf(fields: Fields, lastMinute: readonly number[], defaults: Pacing, now: number): PacingState {
  const own = ownLimits(fields);
  const limits = effectivePacing(defaults, own);
  const nextAt = limits.min_interval_ms > 0 ? Number(fields['next'] ?? 0) : 0;
  const dayLimit = dayLimitOf(limits, Number(fields['paired'] ?? now), now);
  return {
    limits,
    own,
    sentLastDay: sumOfDay(fields, 'h', now),
    newChatsLastDay: sumOfDay(fields, 'n', now),
    sentLastMinute: lastMinute.filter((time) => time > now - MINUTE_MS).length,
    ...(nextAt > now ? { nextAt } : {}),
    ...(dayLimit > 0 ? { dayLimit } : {}),
  };
}

function ownLimits(fields: Fields): Partial<Pacing> {
  const found = PACING_NAMES.flatMap((name) => {
    const text = fields[OWN + name];
    if (text === undefined) return [];
    return [[name, name === 'warm_up' ? text.split(',').filter(Boolean).map(Number) : Number(text)] as const];
  });
  return Object.fromEntries(found);
}

function dayLimitOf({ per_day, warm_up }: Pacing, pairedAt: number, now: number): number {
  const allowed = warm_up[Math.floor((now - pairedAt) / DAY_MS)];
  if (allowed === undefined) return per_day;
  return per_day > 0 ? Math.min(per_day, allowed) : allowed;
}

function sumOfDay(fields: Fields, kind: string, now: number): number {
  const hour = Math.floor(now / HOUR_MS);
  let sum = 0;
  for (let h = hour - 23; h <= hour; h += 1) sum += Number(fields[`${kind}${h}`] ?? 0);
  return sum;
}
