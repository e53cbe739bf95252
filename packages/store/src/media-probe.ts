/** Lets a worker find out at its start whether it sees the media folder the ingress writes to. */
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

export interface MediaProbe {
  /** The ingress names the probe it left in its blob store. */
  announce(token: string): Promise<void>;
  /** @returns undefined while no ingress has started yet. */
  read(): Promise<string | undefined>;
}

export function createMediaProbe(redis: Redis, keys: Keys): MediaProbe {
  return {
    async announce(token) {
      await redis.set(keys.mediaProbe, token);
    },
    read: async () => (await redis.get(keys.mediaProbe)) ?? undefined,
  };
}
