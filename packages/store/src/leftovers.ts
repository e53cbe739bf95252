/**
 * What the janitor needs of messages that nobody looks after: when a device's next message expires, and ends for those
 * whose time is up, whose device is gone, or whose outcome nobody will learn. Every end is one idempotent script that
 * checks for itself, so that two janitors, or a janitor and an owner, may meet.
 */
import { isMessageId, type MessageState, messageIdOf, type Priority, shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import { stampOf, writtenAt } from './auth-stamp.js';
import type { Keys } from './keys.js';
import type { LeaseEntry } from './leases.js';
import { type RetentionLimits, sharedArgsOf, sharedKeysOf } from './message-script-arguments.js';
import { END_SWEEP, EXPIRE, FAIL_UNKNOWN, FAIL_UNSENT, FORGET_CONTACTS } from './scripts/leftover-scripts.js';
import { SHARED_KEYS } from './scripts/message-scripts.js';

type Args = Array<string | number>;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboExpire(...args: Args): Result<number, Context>;
    pomboFailUnsent(...args: Args): Result<number, Context>;
    pomboFailUnknown(...args: Args): Result<number, Context>;
    pomboEndSweep(...args: Args): Result<number, Context>;
    pomboForgetContacts(...args: Array<string | Buffer>): Result<number, Context>;
  }
}

/** What counts of a device, read for many at once. Times in milliseconds since the epoch, by Redis' clock. */
export interface DeviceWork {
  /** Messages accepted that have no outcome. */
  readonly waiting: number;
  /** When its messages should be walked over: none expires before. */
  readonly sweepAt: number;
  /** When its retention was looked after last; 0: never. */
  readonly tendedAt: number;
}

/** What decides about a message that waits. */
export interface WaitingMessage {
  readonly state: MessageState;
  readonly queuedAt: number;
  readonly expiresAt: number;
  readonly dispatchedAt: number | undefined;
  readonly sendAt: number | undefined;
  readonly priority: Priority;
}

export interface Leftovers {
  /** Redis' time, in milliseconds since the epoch. */
  now(): Promise<number>;
  readWork(deviceIds: readonly string[]): Promise<DeviceWork[]>;
  /** A walk over the device's messages begins: if it is not finished, another is due at `until`. */
  beginSweep(deviceId: string, until: number): Promise<void>;
  /** @param soonest of what was found; what was accepted meanwhile is known besides. */
  endSweep(deviceId: string, soonest: number | undefined): Promise<void>;
  readWaiting(messageIds: readonly string[]): Promise<Array<WaitingMessage | undefined>>;
  /** @returns whether it ended now, because its time was up and it has not left. */
  expire(messageId: string, deviceId: string): Promise<boolean>;
  /** Fails what has not left, unless its device is paired. @returns whether it ended now. */
  failUnsent(messageId: string, deviceId: string, why: { code: string; message: string }): Promise<boolean>;
  /**
   * Fails what left, was never acknowledged, and whose time is up, unless the lease has changed.
   * @param graceMs since it left. @returns whether it ended now.
   */
  failUnknown(messageId: string, deviceId: string, lease: LeaseEntry, graceMs: number): Promise<boolean>;
  /**
   * Removes Signal sessions and what is known of contacts that were not written for so long; a page, from `cursor` on.
   * @returns how many, and where the next page begins; undefined behind the last.
   */
  removeOldKeys(
    deviceId: string,
    cursor: string,
    ageMs: number,
  ): Promise<{ removed: number; next: string | undefined }>;
  /** Trims the device's lists of what no record can be left of, and notes that it was looked after. */
  trimLists(deviceId: string): Promise<void>;
  /** Removes what is left of a device that was removed; its records stay as long as any. */
  forgetDevice(deviceId: string): Promise<void>;
  /** The device's messages in the order they were accepted, from `after` on. `end` is undefined behind the last. */
  readIndex(deviceId: string, after: string, count: number): Promise<{ ids: string[]; end: string | undefined }>;
}

/** Values looked at in one page. */
const KEYS_PAGE = 100;
/**
 * Kinds of values that are made anew when they are missing. Not among them: keys of groups, of which one part must not
 * go without the other, and identities, whose change matters.
 */
const OF_CONTACTS = ['session:', 'device-list:', 'lid-mapping:', 'tctoken:'];
const isOfContact = (name: string): boolean => OF_CONTACTS.some((kind) => name.startsWith(kind));

export function createLeftovers(redis: Redis, keys: Keys, limits: RetentionLimits): Leftovers {
  redis.defineCommand('pomboExpire', { numberOfKeys: SHARED_KEYS, lua: EXPIRE });
  redis.defineCommand('pomboFailUnsent', { numberOfKeys: SHARED_KEYS + 1, lua: FAIL_UNSENT });
  redis.defineCommand('pomboFailUnknown', { numberOfKeys: SHARED_KEYS + 1, lua: FAIL_UNKNOWN });
  redis.defineCommand('pomboForgetContacts', { numberOfKeys: 1, lua: FORGET_CONTACTS });
  redis.defineCommand('pomboEndSweep', { numberOfKeys: 1, lua: END_SWEEP });

  const now = async (): Promise<number> => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  };

  return {
    now,
    async readWork(deviceIds) {
      const found = await Promise.all(
        deviceIds.map((id) => redis.hmget(keys.counters(id), 'waiting', 'soonest', 'sweeping', 'tended')),
      );
      return found.map(([waiting, soonest, sweeping, tended]) => ({
        waiting: Number(waiting ?? 0),
        sweepAt: Math.min(Number(soonest ?? Infinity), Number(sweeping ?? Infinity)),
        tendedAt: Number(tended ?? 0),
      }));
    },
    async beginSweep(deviceId, until) {
      const counters = keys.counters(deviceId);
      // In this order: what is accepted from here on is noted anew, and a walk that breaks off is not forgotten.
      await redis.hset(counters, 'sweeping', until);
      await redis.hdel(counters, 'soonest');
    },
    async endSweep(deviceId, soonest) {
      await redis.pomboEndSweep(keys.counters(deviceId), soonest ?? '');
    },
    async readWaiting(messageIds) {
      const found = await Promise.all(
        messageIds.map((id) => redis.hmget(keys.record(id), 'st', 'qAt', 'exp', 'xAt', 'due', 'pr')),
      );
      return found.map(([state, queued, expires, dispatched, due, priority]) => {
        if (!state) return undefined;
        return {
          state: state as MessageState,
          queuedAt: Number(queued),
          expiresAt: Number(expires),
          dispatchedAt: dispatched ? Number(dispatched) : undefined,
          sendAt: due ? Number(due) : undefined,
          priority: priority as Priority,
        };
      });
    },
    async expire(id, deviceId) {
      return (await redis.pomboExpire(...sharedKeysOf(keys, id, deviceId), ...sharedArgsOf(keys, id, limits))) === 1;
    },
    async failUnsent(id, deviceId, { code, message }) {
      const names = [...sharedKeysOf(keys, id, deviceId), keys.device(deviceId)];
      return (await redis.pomboFailUnsent(...names, ...sharedArgsOf(keys, id, limits), code, message)) === 1;
    },
    async failUnknown(id, deviceId, { owner = '', epoch }, graceMs) {
      const names = [...sharedKeysOf(keys, id, deviceId), keys.lease(deviceId)];
      const args = [...sharedArgsOf(keys, id, limits), owner, epoch, graceMs];
      return (await redis.pomboFailUnknown(...names, ...args)) === 1;
    },
    async removeOldKeys(deviceId, cursor, ageMs) {
      const auth = keys.auth(deviceId);
      const [next, found] = await redis.hscanBuffer(auth, cursor, 'COUNT', KEYS_PAGE);
      const before = (await now()) - ageMs;
      const old: Buffer[] = [];
      for (let i = 0; i + 1 < found.length; i += 2) {
        const [name, value] = [found[i], found[i + 1]];
        if (name && value && isOfContact(name.toString()) && writtenAt(value) < before) old.push(name, stampOf(value));
      }
      const removed = old.length === 0 ? 0 : await redis.pomboForgetContacts(auth, ...old);
      return { removed, next: next.toString() === '0' ? undefined : next.toString() };
    },
    async trimLists(deviceId) {
      const counters = keys.counters(deviceId);
      const [at, life] = [await now(), Number((await redis.hget(counters, 'life')) ?? 0)];
      await redis.xtrim(keys.messageIndex(deviceId), 'MINID', '~', Math.max(0, at - life - limits.recordRetentionMs));
      await redis.xtrim(keys.outbox(shardOfDevice(deviceId)), 'MINID', '~', at - limits.outboxRetentionMs);
      await redis.hset(counters, 'tended', at);
    },
    async forgetDevice(deviceId) {
      const tenant = await redis.hget(keys.deviceIndex, deviceId);
      if (tenant !== null) await redis.srem(keys.tenantDevices(tenant), deviceId);
      const [list, counters, lookUps] = [keys.messageIndex(deviceId), keys.counters(deviceId), keys.lookUps(deviceId)];
      await redis.unlink(keys.auth(deviceId), keys.pairing(deviceId), keys.lease(deviceId), list, counters, lookUps);
      await redis.zrem(keys.deviceChanges, deviceId);
      // Last: until then it is found again.
      await redis.hdel(keys.deviceIndex, deviceId);
    },
    async readIndex(deviceId, after, count) {
      const entries = await redis.xrange(keys.messageIndex(deviceId), `(${after}`, '+', 'COUNT', count);
      const shard = shardOfDevice(deviceId);
      const ids = entries.map(([, [, tail = '']]) => messageIdOf(shard, tail)).filter(isMessageId);
      return { ids, end: entries.length < count ? undefined : entries.at(-1)?.[0] };
    },
  };
}
