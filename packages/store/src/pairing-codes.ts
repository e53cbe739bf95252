/** The codes on show while a device is paired: one to be scanned, one to be typed. */
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

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
  showQr(deviceId: string, code: PairingCode): Promise<void>;
  readQr(deviceId: string): Promise<PairingCode | undefined>;
  showLink(deviceId: string, code: LinkCode): Promise<void>;
  readLink(deviceId: string): Promise<LinkCode | undefined>;
  /** The device is paired, or somebody else's phone is to be linked: nothing is on show any more. */
  hide(deviceId: string): Promise<void>;
}

export function createPairingCodes(redis: Redis, keys: Keys): PairingCodes {
  const show = async (key: string, code: { readonly expiresAt: number }): Promise<void> => {
    await redis.set(key, JSON.stringify(code), 'PXAT', Math.round(code.expiresAt));
  };
  const read = async <T>(key: string): Promise<T | undefined> => {
    const text = await redis.get(key);
    return text === null ? undefined : (JSON.parse(text) as T);
  };
  return {
    showQr: (deviceId, code) => show(keys.pairing(deviceId), code),
    readQr: (deviceId) => read(keys.pairing(deviceId)),
    showLink: (deviceId, code) => show(keys.linking(deviceId), code),
    readLink: (deviceId) => read(keys.linking(deviceId)),
    async hide(deviceId) {
      await redis.del(keys.pairing(deviceId), keys.linking(deviceId));
    },
  };
}
