/** Accounts WhatsApp does not let write to new chats, and which chats are not new. */
import { rfc3339, shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';
import type { HeldLease } from './leases.js';
import { NOTE_CHATS, RESTRICT, SUSPECT } from './scripts/restriction-scripts.js';

type Args = Array<string | number>;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboSuspect(...args: Args): Result<number, Context>;
    pomboRestrict(...args: Args): Result<number, Context>;
    pomboNoteChats(...args: Args): Result<number, Context>;
  }
}

/** A restriction in force. */
export interface Restriction {
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** WhatsApp's word for the kind of it. */
  readonly type: string;
}

export interface Restrictions {
  /**
   * A message to this chat was refused: new chats are held until then (ms since the epoch), or until `set` says more.
   * Nothing is written when another owner came after this one; likewise `set`.
   */
  suspect(lease: HeldLease, chat: string, until: number): Promise<void>;
  /** @returns whether a restriction has begun with this, which `device.restricted` then tells. */
  set(lease: HeldLease, restriction: Restriction | undefined): Promise<boolean>;
  /** The restriction WhatsApp has confirmed, while it is in force. */
  read(deviceId: string): Promise<Restriction | undefined>;
  /** Remembers chats the account has heard from or written to. @returns how many of them it did not know. */
  noteChats(deviceId: string, chats: readonly string[]): Promise<number>;
  /** Those chats to which a message would be the account's first. */
  findNew(deviceId: string, chats: readonly string[]): Promise<string[]>;
}

/** Keys written in one go. */
const BATCH = 500;

export function createRestrictions(
  redis: Redis,
  keys: Keys,
  retention: { readonly chatsMs: number; readonly outboxMs: number },
): Restrictions {
  redis.defineCommand('pomboSuspect', { numberOfKeys: 3, lua: SUSPECT });
  redis.defineCommand('pomboRestrict', { numberOfKeys: 4, lua: RESTRICT });
  redis.defineCommand('pomboNoteChats', { numberOfKeys: 1, lua: NOTE_CHATS });
  return {
    async suspect({ deviceId, epoch }, chat, until) {
      const [lease, pace, chats] = [keys.lease(deviceId), keys.pace(deviceId), keys.chats(deviceId)];
      await redis.pomboSuspect(lease, pace, chats, epoch, chat, until);
    },
    async set({ deviceId, epoch }, restriction) {
      const { until, type } = restriction ?? { until: 0, type: '' };
      const outbox = keys.outbox(shardOfDevice(deviceId));
      const began = await redis.pomboRestrict(
        ...[keys.lease(deviceId), keys.pace(deviceId), outbox, keys.device(deviceId)],
        ...[epoch, deviceId, until, type, retention.outboxMs, describeRestriction({ until, type })],
      );
      return began === 1;
    },
    async read(deviceId) {
      const [until, type] = await redis.hmget(keys.pace(deviceId), 'confirmed', 'type');
      return until && Number(until) > Date.now() ? { until: Number(until), type: type ?? '' } : undefined;
    },
    async noteChats(deviceId, chats) {
      let added = 0;
      for (let from = 0; from < chats.length; from += BATCH) {
        const batch = chats.slice(from, from + BATCH);
        added += await redis.pomboNoteChats(keys.chats(deviceId), retention.chatsMs, ...batch);
      }
      return added;
    },
    async findNew(deviceId, chats) {
      if (chats.length === 0) return [];
      const scores = await redis.zmscore(keys.chats(deviceId), ...chats);
      return chats.filter((_chat, index) => !scores[index]);
    },
  };
}

/** As the event tells it. */
const describeRestriction = ({ until, type }: Restriction): string =>
  JSON.stringify({ restriction: { until: rfc3339(until), type } });
