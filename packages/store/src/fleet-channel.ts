/**
 * What workers tell each other, so that nobody has to wait for a tick. Only a short cut: whoever misses it (nothing is
 * kept for a worker that is away) finds the same out at its next tick.
 */
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

export type FleetNews =
  /** A device is new or wants other treatment. */
  | { readonly kind: 'devices' }
  /** A worker is about to leave, or has left. */
  | { readonly kind: 'workers' }
  /** A device was given back, if possible to `heir`. */
  | { readonly kind: 'free'; readonly deviceId: string; readonly heir?: string | undefined }
  /** A device that was taken over is connected, or has failed to. */
  | { readonly kind: 'settled'; readonly deviceId: string };

export interface FleetChannel {
  tell(news: FleetNews): Promise<void>;
  /** Calls `hear` with everything told from now on, own news included. */
  listen(hear: (news: FleetNews) => void): Promise<void>;
}

/** @param subscriber a connection of its own; stays the caller's to close. */
export function createFleetChannel(redis: Redis, subscriber: Redis, keys: Keys): FleetChannel {
  return {
    async tell(news) {
      await redis.publish(keys.fleetChannel, JSON.stringify(news));
    },
    async listen(hear) {
      subscriber.on('message', (_channel: string, text: string) => hear(JSON.parse(text) as FleetNews));
      await subscriber.subscribe(keys.fleetChannel);
    },
  };
}
