/** What WhatsApp said about recipients, shared by all workers and believed for some days. */
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

/** Answer to "is this number on WhatsApp": the chat's JID, or undefined when it is not. */
export interface ResolvedRecipient {
  readonly chatJid: string | undefined;
}

export interface Recipients {
  /** @param user the digits of a number. @returns undefined when nobody asked lately. */
  readResolved(user: string): Promise<ResolvedRecipient | undefined>;
  saveResolved(user: string, resolved: ResolvedRecipient): Promise<void>;
  /** Device lists, in the JSON form the WhatsApp package gives them; keys are the user part of a JID. */
  readDevices(users: readonly string[]): Promise<Array<string | undefined>>;
  saveDevices(lists: ReadonlyMap<string, string>): Promise<void>;
  forgetDevices(users: readonly string[]): Promise<void>;
}

/** Remembered instead of a JID for a number that is not on WhatsApp. */
const NOT_ON_WHATSAPP = '-';

/** @param retentionMs how long an answer is believed. */
export function createRecipients(redis: Redis, keys: Keys, retentionMs: number): Recipients {
  return {
    async readResolved(user) {
      const jid = await redis.get(keys.recipient(user));
      if (jid === null) return undefined;
      return { chatJid: jid === NOT_ON_WHATSAPP ? undefined : jid };
    },
    async saveResolved(user, { chatJid }) {
      await redis.set(keys.recipient(user), chatJid ?? NOT_ON_WHATSAPP, 'PX', retentionMs);
    },
    async readDevices(users) {
      // One GET each: in a Cluster the keys live in different slots; on one socket they travel together anyway.
      const found = await Promise.all(users.map((user) => redis.get(keys.recipientDevices(user))));
      return found.map((list) => list ?? undefined);
    },
    async saveDevices(lists) {
      await Promise.all(
        [...lists].map(([user, list]) => redis.set(keys.recipientDevices(user), list, 'PX', retentionMs)),
      );
    },
    async forgetDevices(users) {
      await Promise.all(users.map((user) => redis.del(keys.recipientDevices(user))));
    },
  };
}
