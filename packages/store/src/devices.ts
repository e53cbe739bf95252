/** Devices: what the API shows, what workers should do with them, and the code on show while one is paired. */
import { createDeviceId, type DeviceEvent, isDeviceId, randomShard, shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import { encodeChange } from './changes.js';
import type { Keys } from './keys.js';
import type { FleetNews } from './fleet-channel.js';
import { createPairingCodes, type PairingCodes } from './pairing-codes.js';
import type { HeldLease } from './leases.js';
import { TELL_OF_DEVICE } from './scripts/outbox-scripts.js';
import { createLifeCheck } from './workers.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboReport(...args: Array<string | number>): Result<number, Context>;
    pomboAnnounce(...args: Array<string | number>): Result<number, Context>;
  }
}

/**
 * KEYS: lease, device, outbox. ARGV: epoch (empty: whoever owns it), channel, event to tell (or ''), its data as JSON (or
 * ''), device id, outbox ms, number of fields to set, then field, value… and fields to remove. Tells whoever remembers
 * the tenant's devices when one can be used that could not be, or no longer.
 */
const REPORT = `${TELL_OF_DEVICE}
if ARGV[1] ~= '' and redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
local before = redis.call('HMGET', KEYS[2], 'state', 'paired')
local last = 7 + ARGV[7] * 2
for i = 8, last, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
local after = redis.call('HMGET', KEYS[2], 'state', 'paired', 'tenant')
if after[3] and (before[1] ~= after[1] or before[2] ~= after[2]) then
  redis.call('PUBLISH', ARGV[2], 'devices ' .. after[3])
end
if ARGV[3] ~= '' then
  local t = redis.call('TIME')
  local now = t[1] * 1000 + math.floor(t[2] / 1000)
  tellOfDevice(KEYS[3], now, ARGV[6], ARGV[3], ARGV[5], after[3], '', ARGV[4])
end
return 1
`;

/** KEYS: version, changes. ARGV: device, channel, news. */
const ANNOUNCE = `
local version = redis.call('INCR', KEYS[1])
redis.call('ZADD', KEYS[2], version, ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return version
`;

/**
 * `unpaired`: never paired; `pairing`: shows a code; `connecting`; `connected`; `offline`: paired, to be reconnected;
 * `outdated`: WhatsApp refuses this Web version; `replaced`: another session took over; `banned`; `logged_out`: the
 * phone unlinked it.
 */
export const DEVICE_STATES = [
  'unpaired',
  'pairing',
  'connecting',
  'connected',
  'offline',
  'outdated',
  'replaced',
  'banned',
  'logged_out',
] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];

/** A device as remembered. Times in milliseconds since the epoch. */
export interface DeviceRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly createdAt: number;
  readonly paired: boolean;
  readonly state: DeviceState;
  readonly jid?: string;
  readonly lid?: string;
  readonly phone?: string;
  readonly lastSeenAt?: number;
  /** Until when a worker shows pairing codes for it. */
  readonly pairingUntil?: number;
  /** Number of the phone into which a code is to be typed, instead of scanning one. */
  readonly pairingPhone?: string;
  /** It keeps its credentials and its messages, and is not to be connected. */
  readonly switchedOff?: true;
  /** When someone asked for it to be unlinked from its phone. */
  readonly logOutAskedAt?: number;
  /** When it was deleted: a worker is to unlink it and then to remove what is left of it. */
  readonly deletedAt?: number;
  /** Grows when it has to be opened anew: it has another proxy, say. */
  readonly revision: number;
  /** When the phone unlinked it, for as long as it was not paired again. */
  readonly loggedOutAt?: number;
  /** Name of the worker that holds it. */
  readonly owner?: string;
}

/** Whether new messages are accepted for it: it sends them now, or when it is back. */
export function takesMessages({ paired, state }: Pick<DeviceRecord, 'paired' | 'state'>): boolean {
  return paired && state !== 'banned';
}

/** What a worker reports of a device it owns; `null` removes. */
export interface DeviceReport {
  readonly state?: DeviceState;
  readonly paired?: boolean;
  readonly jid?: string | null;
  readonly lid?: string | null;
  readonly phone?: string | null;
  readonly lastSeenAt?: number;
  readonly pairingUntil?: number | null;
}

/** What subscribers are told together with a report. */
export interface DeviceNews {
  readonly event: DeviceEvent;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface Devices {
  create(tenantId: string, name: string): Promise<DeviceRecord>;
  /** @returns undefined also for a device that was deleted. */
  read(deviceId: string): Promise<DeviceRecord | undefined>;
  listOfTenant(tenantId: string): Promise<DeviceRecord[]>;
  /** Ids only, in no order. */
  listIdsOfTenant(tenantId: string): Promise<string[]>;
  /** Ids of all devices of all tenants. */
  listIds(): Promise<string[]>;
  /** Without their owners, in the order of the ids; one round trip. */
  readMany(deviceIds: readonly string[]): Promise<Array<DeviceRecord | undefined>>;
  /** Tells the workers to look at a device again: it is new, gone, or wants other treatment. */
  announce(deviceId: string): Promise<void>;
  /** The version of the last announcement. */
  version(): Promise<number>;
  /** @returns devices announced after that version, oldest first, at most `count`, and the version of the last one. */
  readChanges(version: number, count: number): Promise<{ readonly version: number; readonly ids: string[] }>;
  /** Whoever owns the device. @param news written in the same step. */
  report(deviceId: string, report: DeviceReport, news?: DeviceNews): Promise<void>;
  /**
   * Writes the report and the event that tells of it in one step.
   * @returns false, and writes nothing, when another owner came after this one: what it reports is what counts.
   */
  reportAsOwner(lease: HeldLease, report: DeviceReport, news?: DeviceNews): Promise<boolean>;
  readonly codes: PairingCodes;
  /** Messages accepted and not yet acknowledged, failed or expired. */
  waiting(deviceId: string): Promise<number>;
  owner(deviceId: string): Promise<string | undefined>;
}

/** @param outboxMs how long events are kept for the relay. */
export function createDevices(redis: Redis, keys: Keys, outboxMs: number): Devices {
  redis.defineCommand('pomboReport', { numberOfKeys: 3, lua: REPORT });
  redis.defineCommand('pomboAnnounce', { numberOfKeys: 2, lua: ANNOUNCE });
  const isAlive = createLifeCheck(redis, keys);

  const readOwner = async (deviceId: string): Promise<string | undefined> => {
    const owner = await redis.hget(keys.lease(deviceId), 'owner');
    return owner !== null && (await isAlive(owner)) ? owner : undefined;
  };
  const readAlone = async (deviceId: string): Promise<DeviceRecord | undefined> => {
    if (!isDeviceId(deviceId)) return undefined;
    const fields = await redis.hgetall(keys.device(deviceId));
    return fields['id'] === undefined ? undefined : deviceFromFields(fields);
  };
  const read = async (deviceId: string): Promise<DeviceRecord | undefined> => {
    if (!isDeviceId(deviceId)) return undefined;
    const [device, owner] = await Promise.all([readAlone(deviceId), readOwner(deviceId)]);
    if (device?.deletedAt !== undefined) return undefined;
    return device && (owner === undefined ? withoutOwner(device) : { ...device, owner });
  };
  const announce = async (deviceId: string): Promise<void> => {
    const news: FleetNews = { kind: 'devices' };
    await redis.pomboAnnounce(
      keys.deviceVersion,
      keys.deviceChanges,
      deviceId,
      keys.fleetChannel,
      JSON.stringify(news),
    );
  };
  const writeReport = async (
    deviceId: string,
    epoch: number | '',
    report: DeviceReport,
    news?: DeviceNews,
  ): Promise<boolean> => {
    const { set, remove } = reportToFields(report);
    const names = [keys.lease(deviceId), keys.device(deviceId), keys.outbox(shardOfDevice(deviceId))];
    const told = [news?.event ?? '', news?.data ? JSON.stringify(news.data) : '', deviceId, outboxMs];
    const heard = await redis.pomboReport(...names, epoch, keys.changes, ...told, set.length / 2, ...set, ...remove);
    if (heard === 1 && changesTreatment(report)) await announce(deviceId);
    return heard === 1;
  };

  return {
    async create(tenantId, name) {
      const id = createDeviceId(randomShard());
      const fields = { id, tenant: tenantId, name, created: Date.now(), paired: 0, state: 'unpaired' };
      await redis.hset(keys.device(id), fields);
      await redis.sadd(keys.tenantDevices(tenantId), id);
      await redis.hset(keys.deviceIndex, id, tenantId);
      await announce(id);
      await redis.publish(keys.changes, encodeChange({ kind: 'devices', id: tenantId }));
      return deviceFromFields({ ...fields, created: String(fields.created), paired: '0' });
    },
    read,
    async listOfTenant(tenantId) {
      const ids = await redis.smembers(keys.tenantDevices(tenantId));
      const found = await Promise.all(ids.map(read));
      return found.filter((device) => device !== undefined).sort((a, b) => a.createdAt - b.createdAt);
    },
    listIdsOfTenant: (tenantId) => redis.smembers(keys.tenantDevices(tenantId)),
    listIds: () => redis.hkeys(keys.deviceIndex),
    readMany: (deviceIds) => Promise.all(deviceIds.map(readAlone)),
    announce,
    version: async () => Number((await redis.get(keys.deviceVersion)) ?? 0),
    async readChanges(version, count) {
      const found = await redis.zrangebyscore(
        ...([keys.deviceChanges, `(${version}`, '+inf', 'WITHSCORES', 'LIMIT', 0, count] as const),
      );
      const ids = found.filter((_text, i) => i % 2 === 0);
      return { version: ids.length === 0 ? version : Number(found.at(-1)), ids };
    },
    async report(deviceId, report, news) {
      await writeReport(deviceId, '', report, news);
    },
    reportAsOwner: ({ deviceId, epoch }, report, news) => writeReport(deviceId, epoch, report, news),
    codes: createPairingCodes(redis, keys, outboxMs),
    waiting: async (deviceId) => Number((await redis.hget(keys.counters(deviceId), 'waiting')) ?? 0),
    owner: readOwner,
  };
}

/** Whether a worker that knew the device before would treat it otherwise after this report. */
function changesTreatment({ paired, state }: DeviceReport): boolean {
  return (paired !== undefined && state !== 'connected') || state === 'banned';
}

const NEEDS_OWNER: ReadonlySet<DeviceState> = new Set<DeviceState>(['connected', 'connecting', 'pairing']);

/** A worker that died could not say goodbye: without an owner nobody is connected, whatever was reported last. */
function withoutOwner(device: DeviceRecord): DeviceRecord {
  if (!NEEDS_OWNER.has(device.state)) return device;
  return { ...device, state: device.paired ? 'offline' : 'unpaired' };
}

function deviceFromFields(fields: Readonly<Record<string, string>>): DeviceRecord {
  const text = (field: string) => (fields[field] ? { [field]: fields[field] } : {});
  const time = (field: string, name: string) => (fields[field] ? { [name]: Number(fields[field]) } : {});
  return {
    id: fields['id'] ?? '',
    tenantId: fields['tenant'] ?? '',
    name: fields['name'] ?? '',
    createdAt: Number(fields['created']),
    paired: fields['paired'] === '1',
    state: (fields['state'] ?? 'unpaired') as DeviceState,
    ...text('jid'),
    ...text('lid'),
    ...text('phone'),
    ...time('lastSeen', 'lastSeenAt'),
    ...time('pairingUntil', 'pairingUntil'),
    ...time('loggedOut', 'loggedOutAt'),
    ...text('pairingPhone'),
    ...(fields['off'] === undefined ? {} : { switchedOff: true }),
    ...time('logOutAsked', 'logOutAskedAt'),
    ...time('deleted', 'deletedAt'),
    revision: Number(fields['revision'] ?? 0),
  };
}

const REPORT_FIELDS = {
  state: 'state',
  paired: 'paired',
  jid: 'jid',
  lid: 'lid',
  phone: 'phone',
  lastSeenAt: 'lastSeen',
  pairingUntil: 'pairingUntil',
} as const satisfies Record<keyof DeviceReport, string>;

function reportToFields(report: DeviceReport): { set: string[]; remove: string[] } {
  const set: string[] = report.state === 'logged_out' ? ['loggedOut', String(Date.now())] : [];
  const remove: string[] = report.paired ? ['loggedOut'] : [];
  if (report.paired === true) remove.push('pairingPhone');
  if (report.paired === false) remove.push('logOutAsked');
  for (const [name, field] of Object.entries(REPORT_FIELDS)) {
    const value = report[name as keyof DeviceReport];
    if (value === undefined) continue;
    if (value === null) remove.push(field);
    else set.push(field, typeof value === 'boolean' ? String(Number(value)) : String(value));
  }
  return { set, remove };
}
