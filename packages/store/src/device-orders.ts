/**
 * What is wanted of a device by those it belongs to. An order is written down and announced; whichever worker holds the
 * device, or comes to hold it, carries it out. So an order outlives every process, and giving it twice does no harm.
 */
import type { Redis } from '@pombo/runtime';
import type { Cipher } from './cipher.js';
import { encodeChange } from './changes.js';
import type { DeviceRecord, Devices } from './devices.js';
import type { Keys } from './keys.js';

export interface DeviceOrders {
  rename(device: DeviceRecord, name: string): Promise<void>;
  /** Asks for codes to be shown until then (ms since the epoch); with `phone`, also for one to be typed into it. */
  requestPairing(device: DeviceRecord, until: number, phone?: string): Promise<void>;
  /** Ends its session and keeps everything else. */
  switchOff(device: DeviceRecord): Promise<void>;
  /** Has it connected again, also one that was switched off or that WhatsApp had banned. */
  switchOn(device: DeviceRecord): Promise<void>;
  /** Has it unlinked from its phone and its credentials forgotten. */
  requestLogOut(device: DeviceRecord): Promise<void>;
  /** @param url with user and password, or null for none. The device is opened anew. */
  setProxy(device: DeviceRecord, url: string | null): Promise<void>;
  readProxy(deviceId: string): Promise<string | undefined>;
  /** From now on nobody can see it; a worker unlinks it and removes what is left. */
  remove(device: DeviceRecord): Promise<void>;
  /** Removes all that is kept of a device; the records of its messages stay for as long as others. May be repeated. */
  forget(deviceId: string): Promise<void>;
}

/** Besides its record and its lease. What its people wrote and were given goes with its own retention. */
const ENDING_WITH_DEVICE = [
  'counters',
  'messageIndex',
  'auth',
  'pairing',
  'linking',
  'lookUps',
  'pace',
  'paceMinute',
  'chats',
  'receivedPending',
] as const satisfies ReadonlyArray<keyof Keys>;

export function createDeviceOrders(redis: Redis, keys: Keys, cipher: Cipher, devices: Devices): DeviceOrders {
  const placeOf = (deviceId: string): string => `${keys.device(deviceId)}/proxy`;

  const tell = async ({ id, tenantId }: DeviceRecord): Promise<void> => {
    await devices.announce(id);
    await redis.publish(keys.changes, encodeChange({ kind: 'devices', id: tenantId }));
  };
  /** `null` removes. */
  const order = async (
    device: DeviceRecord,
    fields: Readonly<Record<string, string | number | null>>,
    { reopens = false } = {},
  ): Promise<void> => {
    const key = keys.device(device.id);
    const set = Object.entries(fields).filter(([, value]) => value !== null);
    const removed = Object.keys(fields).filter((field) => fields[field] === null);
    const change = redis.multi();
    if (set.length > 0) change.hset(key, ...set.flat().map(String));
    if (removed.length > 0) change.hdel(key, ...removed);
    if (reopens) change.hincrby(key, 'revision', 1);
    await change.exec();
    await tell(device);
  };

  return {
    rename: (device, name) => order(device, { name }),
    async requestPairing(device, until, phone) {
      await order(device, { pairingUntil: until, off: null, ...(phone === undefined ? {} : { pairingPhone: phone }) });
    },
    switchOff: (device) => order(device, { off: 1, pairingUntil: null }),
    switchOn: (device) => order(device, { off: null, ...(device.state === 'banned' ? { state: 'offline' } : {}) }),
    requestLogOut: (device) => order(device, { logOutAsked: Date.now() }),
    async setProxy(device, url) {
      const sealed = url === null ? null : cipher.encrypt(Buffer.from(url), placeOf(device.id)).toString('base64');
      await order(device, { proxy: sealed }, { reopens: true });
    },
    async readProxy(deviceId) {
      const sealed = await redis.hget(keys.device(deviceId), 'proxy');
      return sealed === null ? undefined : cipher.decrypt(Buffer.from(sealed, 'base64'), placeOf(deviceId)).toString();
    },
    async remove(device) {
      // Marked first: dying after the next line leaves a device that is in no list and still gets removed.
      const now = Date.now();
      await redis.hset(keys.device(device.id), { deleted: now, ...(device.paired ? { logOutAsked: now } : {}) });
      await redis.srem(keys.tenantDevices(device.tenantId), device.id);
      await tell(device);
    },
    async forget(deviceId) {
      await redis.unlink(ENDING_WITH_DEVICE.map((name) => keys[name](deviceId)));
      // Last, and in slots of their own: until then the device is found and removed again.
      await redis.unlink(keys.device(deviceId), keys.lease(deviceId));
      await redis.hdel(keys.deviceIndex, deviceId);
      await redis.zrem(keys.deviceChanges, deviceId);
    },
  };
}
