/** The codes on show while a device is paired: one to be scanned, one to be typed. */
import { rfc3339, shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';
import { SHOW_QR } from './scripts/outbox-scripts.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboShowQr(...args: Array<string | number>): Result<null, Context>;
  }
}

/** A QR code on show. */
export interface PairingCode {
  readonly qr: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A code to be typed into a phone. */
export interface LinkCode {
  /** Eight characters. */
  readonly code: string;
  /** The phone's number, digits only. */
  readonly phone: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface PairingCodes {
  /** In one step with the event that tells of it. */
  showQr(deviceId: string, code: PairingCode): Promise<void>;
  readQr(deviceId: string): Promise<PairingCode | undefined>;
  showLink(deviceId: string, code: LinkCode): Promise<void>;
  readLink(deviceId: string): Promise<LinkCode | undefined>;
  /** The device is paired, or somebody else's phone is to be linked: nothing is on show any more. */
  hide(deviceId: string): Promise<void>;
}

export function createPairingCodes(redis: Redis, keys: Keys, outboxMs: number): PairingCodes {
  redis.defineCommand('pomboShowQr', { numberOfKeys: 3, lua: SHOW_QR });
  const read = async <T>(key: string): Promise<T | undefined> => {
    const text = await redis.get(key);
    return text === null ? undefined : (JSON.parse(text) as T);
  };
  return {
    async showQr(deviceId, code) {
      const names = [keys.pairing(deviceId), keys.device(deviceId), keys.outbox(shardOfDevice(deviceId))];
      const data = JSON.stringify({ qr_code: code.qr, expires_at: rfc3339(code.expiresAt) });
      await redis.pomboShowQr(...names, JSON.stringify(code), Math.round(code.expiresAt), deviceId, outboxMs, data);
    },
    readQr: (deviceId) => read(keys.pairing(deviceId)),
    async showLink(deviceId, code) {
      await redis.set(keys.linking(deviceId), JSON.stringify(code), 'PXAT', Math.round(code.expiresAt));
    },
    readLink: (deviceId) => read(keys.linking(deviceId)),
    async hide(deviceId) {
      await redis.del(keys.pairing(deviceId), keys.linking(deviceId));
    },
  };
}
