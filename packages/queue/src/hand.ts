/** What one owner of a device has taken of its queue: every job is active and locked with this hand's token. */
import { randomUUID } from 'node:crypto';
import type { Priority, SendJob } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Keys } from '@pombo/store';
import type { Result } from 'ioredis';
import { JOB_KEY_COUNT, jobKeysOf } from './job-keys.js';
import { FINISH, GIVE_BACK, TAKE } from './job-scripts.js';
import { JOB_PRIORITY } from './queue-names.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboTake(...args: Array<string | number>): Result<['stale'] | ['ok', number, number, ...string[]], Context>;
    pomboFinish(...args: Array<string | number>): Result<number, Context>;
    pomboGiveBack(...args: Array<string | number>): Result<number, Context>;
  }
}

/** A job in hand, with what it takes to decide whose turn it is. */
export interface TakenJob {
  readonly messageId: string;
  readonly requestId: string;
  /** Position in the device's order of acceptance. */
  readonly sequence: number;
  readonly priority: Priority;
  /** Recipient as the client gave it, as a JID. */
  readonly to: string;
  /** By this machine's clock, milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface TakeOptions {
  /** How many jobs at most, besides those adopted. */
  readonly room: number;
  /** Only jobs more urgent than this. */
  readonly above?: Priority;
  /** Active jobs to be taken over, whoever made them so. */
  readonly adopt?: readonly string[];
}

export interface Taken {
  readonly jobs: TakenJob[];
  readonly more: boolean;
  readonly dueInMs: number | undefined;
  readonly stale: boolean;
}

export interface Hand {
  readonly token: string;
  /** Messages whose jobs are held. */
  readonly held: ReadonlySet<string>;
  /**
   * @returns what is new in hand, in order; `stale` when the lease is someone else's. `more` tells whether jobs wait,
   * `dueInMs` how long until the next delayed one is due, if there is one.
   */
  take(options: TakeOptions): Promise<Taken>;
  /** Wakes whoever waits for a job. */
  wake(): Promise<void>;
  /** The outcome is recorded: the jobs go. */
  finish(messageIds: readonly string[]): Promise<void>;
  /** Puts jobs back to where the next owner takes them, in order; those no longer in this hand are left alone. */
  giveBack(messageIds: readonly string[]): Promise<void>;
  /** Active jobs this hand does not hold: a reply that was lost on the way, or BullMQ's doing. */
  findStray(): Promise<string[]>;
}

export interface HandOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly deviceId: string;
  /** Of the lease under which jobs are taken. */
  readonly epoch: number;
  /** How long a job stays locked unless it is renewed. */
  readonly lockMs: number;
}

/** Parts of a job in the reply of the script. */
const PARTS = 6;

export function createHand({ redis, keys, deviceId, epoch, lockMs }: HandOptions): Hand {
  redis.defineCommand('pomboTake', { numberOfKeys: JOB_KEY_COUNT, lua: TAKE });
  redis.defineCommand('pomboFinish', { numberOfKeys: JOB_KEY_COUNT, lua: FINISH });
  redis.defineCommand('pomboGiveBack', { numberOfKeys: JOB_KEY_COUNT, lua: GIVE_BACK });
  const { names, jobPrefix, recordPrefix, active, marker } = jobKeysOf(keys, deviceId);
  const token = randomUUID();
  const held = new Set<string>();
  const prefixes = [jobPrefix, recordPrefix] as const;

  return {
    token,
    held,
    async take({ room, above, adopt = [] }) {
      const below = above === undefined ? '+inf' : `(${JOB_PRIORITY[above] * 2 ** 32}`;
      const [verdict, more = 0, dueInMs = -1, ...parts] = await redis.pomboTake(
        ...names,
        ...prefixes,
        ...[epoch, token, lockMs, room, below],
        ...adopt,
      );
      const jobs = readJobs(parts).filter(({ messageId }) => !held.has(messageId));
      for (const { messageId } of jobs) held.add(messageId);
      return { jobs, more: more === 1, dueInMs: dueInMs < 0 ? undefined : dueInMs, stale: verdict === 'stale' };
    },
    async finish(messageIds) {
      if (messageIds.length > 0) await redis.pomboFinish(...names, ...prefixes, token, ...messageIds);
      for (const id of messageIds) held.delete(id);
    },
    async giveBack(messageIds) {
      if (messageIds.length > 0) await redis.pomboGiveBack(...names, ...prefixes, token, ...messageIds);
      for (const id of messageIds) held.delete(id);
    },
    async wake() {
      await redis.zadd(marker, 0, '0');
    },
    async findStray() {
      const ids = await redis.lrange(active, 0, -1);
      return ids.filter((id) => !held.has(id)).reverse();
    },
  };
}

function readJobs(parts: readonly string[]): TakenJob[] {
  const jobs: TakenJob[] = [];
  for (let at = 0; at + PARTS <= parts.length; at += PARTS) {
    const [messageId = '', data = '{}', sequence, priority, to = '', leftMs] = parts.slice(at, at + PARTS);
    jobs.push({
      messageId,
      requestId: (JSON.parse(data) as SendJob).requestId,
      sequence: Number(sequence),
      priority: priority as Priority,
      to,
      expiresAt: Date.now() + Number(leftMs),
    });
  }
  return jobs;
}
