/**
 * Which device sends, chosen from what is remembered of a tenant's devices: their state and how many messages wait for
 * them, a second old at most, plus what this process sent to them since. Whether the device exists and takes messages is
 * checked again when the message is accepted.
 */
import { PomboError } from '@pombo/contracts';
import { SECOND } from '@pombo/runtime';
import { type Caller, deviceBanned, type DeviceRecord, type Devices, takesMessages } from '@pombo/store';
import type { ChangeFeed } from '../remembered/change-feed.js';
import { createFreshCache } from '../remembered/fresh-cache.js';
import { deviceNotFound, findOwnDevice, mayUse, noDevice } from './choose-device.js';

/** How old the figures may be, in milliseconds: a second, and for a tenant with over 200 devices up to five. */
const MAX_AGE_MS = { least: SECOND, perDevice: 5, most: 5 * SECOND };
/** Looked at again before someone is told that no device can send, unless it was just now. */
const JUST_NOW_MS = 100;
const MAX_TENANTS = 5_000;
/** When to try again where too much is waiting: nobody knows how fast it will go. */
const FULL_RETRY_SECONDS = 5;

interface Pool {
  readonly tenantId: string;
  readonly devices: readonly DeviceRecord[];
  /** By device: accepted and not yet acknowledged, failed or expired. */
  readonly waiting: Map<string, number>;
  /** Of all devices together. */
  total: number;
  /** From `performance.now()`. */
  readonly readAt: number;
}

export interface DevicePool {
  /**
   * The named device; else the only one the caller may use, the connected one with the fewest waiting messages, or any
   * that is paired and not banned. At once where that is remembered. The message is counted as waiting from now on.
   *
   * @throws PomboError DEVICE_NOT_FOUND; DEVICE_NOT_READY when none it may be takes messages; RATE_LIMITED when too many
   * messages of the tenant wait, all devices together
   */
  choose(caller: Caller, deviceId: string | undefined): DeviceRecord | Promise<DeviceRecord>;
}

export interface DevicePoolOptions {
  readonly devices: Devices;
  readonly changes: ChangeFeed;
  /** Messages of one tenant that may wait. */
  readonly tenantMaxWaiting: number;
}

export function createDevicePool({ devices, changes, tenantMaxWaiting }: DevicePoolOptions): DevicePool {
  const pools = createFreshCache<Pool>({
    max: MAX_TENANTS,
    maxAgeMs: (pool) =>
      Math.min(Math.max(pool.devices.length * MAX_AGE_MS.perDevice, MAX_AGE_MS.least), MAX_AGE_MS.most),
    async read(tenantId) {
      const readAt = performance.now();
      const all = await devices.listOfTenant(tenantId);
      const waiting = await Promise.all(all.map(({ id }) => devices.waiting(id)));
      const total = waiting.reduce((sum, count) => sum + count, 0);
      const byDevice = new Map(all.map(({ id }, index) => [id, waiting[index] ?? 0]));
      return { tenantId, devices: all, waiting: byDevice, total, readAt };
    },
  });
  changes.onChange(({ kind, id }) => {
    if (kind === 'devices') pools.forget(({ tenantId }) => tenantId === id);
  });
  changes.onGap(() => pools.forget(() => true));

  const poolOf = async (tenantId: string): Promise<Pool> => {
    const pool = await pools.get(tenantId);
    if (!pool) throw noDevice();
    return pool;
  };
  const chooseNamed = async (pool: Pool, caller: Caller, deviceId: string): Promise<DeviceRecord> => {
    if (!mayUse(caller, deviceId)) throw deviceNotFound();
    const device = findKnown(pool, caller, deviceId) ?? (await findOwnDevice(devices, caller, deviceId));
    if (!takesMessages(device)) throw notReady([device]);
    return device;
  };
  const chooseAny = async (pool: Pool, caller: Caller): Promise<DeviceRecord> => {
    const chosen = leastBusy(pool, caller);
    if (chosen) return chosen;
    if (performance.now() - pool.readAt > JUST_NOW_MS) {
      pools.forgetKey(caller.tenantId);
      const now = leastBusy(await poolOf(caller.tenantId), caller);
      if (now) return now;
    }
    const own = pool.devices.filter(({ id }) => mayUse(caller, id));
    throw own.length > 0 ? notReady(own) : noDevice();
  };

  const count = (pool: Pool, device: DeviceRecord): DeviceRecord => {
    if (pool.total >= tenantMaxWaiting) throw tenantFull(pool.total);
    pool.total += 1;
    pool.waiting.set(device.id, (pool.waiting.get(device.id) ?? 0) + 1);
    return device;
  };
  const look = async (caller: Caller, deviceId: string | undefined): Promise<DeviceRecord> => {
    const pool = await poolOf(caller.tenantId);
    return count(pool, await (deviceId === undefined ? chooseAny(pool, caller) : chooseNamed(pool, caller, deviceId)));
  };

  return {
    choose(caller, deviceId) {
      const pool = pools.get(caller.tenantId);
      if (pool instanceof Promise) return look(caller, deviceId);
      const known = deviceId === undefined ? leastBusy(pool, caller) : findKnown(pool, caller, deviceId);
      return known ? count(pool, known) : look(caller, deviceId);
    },
  };
}

function findKnown({ devices }: Pool, caller: Caller, deviceId: string): DeviceRecord | undefined {
  return mayUse(caller, deviceId)
    ? devices.find((device) => device.id === deviceId && takesMessages(device))
    : undefined;
}

function leastBusy({ devices, waiting }: Pool, caller: Caller): DeviceRecord | undefined {
  const ready = devices.filter((device) => takesMessages(device) && mayUse(caller, device.id));
  const connected = ready.filter(({ state }) => state === 'connected');
  let best: DeviceRecord | undefined;
  for (const device of connected.length > 0 ? connected : ready) {
    if (!best || (waiting.get(device.id) ?? 0) < (waiting.get(best.id) ?? 0)) best = device;
  }
  return best;
}

/** @param devices of which none takes messages. */
function notReady(devices: readonly DeviceRecord[]): PomboError {
  if (devices.some(({ paired }) => paired)) return deviceBanned();
  return new PomboError(
    'DEVICE_NOT_READY',
    'the device is not paired with a phone: get a code from GET /qr and scan it with WhatsApp',
  );
}

function tenantFull(waiting: number): PomboError {
  const message = `${waiting} of your messages already wait to be sent; send more when your devices have caught up`;
  return new PomboError('RATE_LIMITED', message, { retryAfterSeconds: FULL_RETRY_SECONDS });
}
