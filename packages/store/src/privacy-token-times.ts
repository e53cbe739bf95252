/** Whom a device gave a privacy token lately: WhatsApp wants one per contact and week, not one per message. */
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

export interface PrivacyTokenTimes {
  /** Those of the users that have not been given one within its time. @param users JIDs without device. */
  findDue(deviceId: string, users: readonly string[]): Promise<string[]>;
  markIssued(deviceId: string, users: readonly string[]): Promise<void>;
}

/** @param validMs how long a token serves. */
export function createPrivacyTokenTimes(redis: Redis, keys: Keys, validMs: number): PrivacyTokenTimes {
  return {
    async findDue(deviceId, users) {
      if (users.length === 0) return [];
      const issued = await redis.mget(users.map((user) => keys.privacyToken(deviceId, user)));
      return users.filter((_user, index) => issued[index] === null);
    },
    async markIssued(deviceId, users) {
      const pipeline = redis.pipeline();
      for (const user of users) pipeline.set(keys.privacyToken(deviceId, user), 1, 'PX', validMs);
      await pipeline.exec();
    },
  };
}
