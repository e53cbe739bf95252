/**
 * Device lists as Baileys wants to read them, from the directory all workers share. Baileys would keep them for five
 * minutes in memory, and each miss costs a query, a key fetch and the recipient's Signal sessions. What was prepared a
 * moment ago is read from memory, since Baileys asks while it holds the account's mutex.
 */
import { growingUpTo } from '@pombo/runtime';
import { jidDecode, type UserFacingSocketConfig } from '@whiskeysockets/baileys';
import { LRUCache } from 'lru-cache';
import { deviceIdsOf, type ListedDevice, listDevicesOf } from './device-ids.js';

/** A person's devices, see `device-ids.ts`. */
export interface UserDevices {
  /** Number or LID, without device. */
  readonly jid: string;
  readonly devices: string;
}

/** Where lists are kept. */
export interface DeviceListStore {
  /** @param users digits of numbers or of LIDs. */
  readDevices(users: readonly string[]): Promise<Array<UserDevices | undefined>>;
  saveDevices(lists: readonly UserDevices[]): Promise<void>;
  forgetDevices(users: readonly string[]): Promise<void>;
}

type BaileysCache = NonNullable<UserFacingSocketConfig['userDevicesCache']>;

export interface DeviceListCache extends BaileysCache {
  /** A list to be read soon, and not to be saved. */
  expect(list: UserDevices): void;
  /** This account's own devices, the asking one left out. Every session has its own such list. */
  setOwn(jids: readonly string[], devices: string): void;
  readonly hasOwn: boolean;
  forget(jid: string): Promise<void>;
}

/** Lists prepared and not sent to yet; a list is some 200 bytes. */
const EXPECTED = 5_000;
/** Other workers may hear of a changed list before this one does. */
const EXPECTED_MS = 30_000;

/** @param isOwn whether a user is this account itself. */
export function createDeviceListCache(store: DeviceListStore, isOwn: (user: string) => boolean): DeviceListCache {
  const expected = new LRUCache<string, UserDevices>({ ...growingUpTo(EXPECTED), ttl: EXPECTED_MS });
  const own = new Map<string, UserDevices>();

  const readAll = async (users: readonly string[]): Promise<Map<string, ListedDevice[] | undefined>> => {
    const known = new Map(users.map((user) => [user, isOwn(user) ? own.get(user) : expected.get(user)]));
    const missing = users.filter((user) => known.get(user) === undefined && !isOwn(user));
    if (missing.length > 0) {
      const found = await store.readDevices(missing);
      for (const [index, user] of missing.entries()) known.set(user, found[index]);
    }
    return new Map([...known].map(([user, list]) => [user, list && listDevicesOf(list.jid, list.devices)]));
  };

  const saveAll = async (entries: ReadonlyArray<{ key: string; value: unknown }>): Promise<void> => {
    const shared: UserDevices[] = [];
    for (const { key, value } of entries) {
      const list = fromBaileys(key, value as ListedDevice[]);
      if (isOwn(key)) own.set(key, list);
      else shared.push(list);
      expected.delete(key);
    }
    await store.saveDevices(shared);
  };

  const forgetUser = async (user: string): Promise<void> => {
    expected.delete(user);
    if (isOwn(user)) own.clear();
    else await store.forgetDevices([user]);
  };

  return {
    get: async <T>(user: string) => (await readAll([user])).get(user) as T,
    mget: async <T>(users: string[]) => Object.fromEntries(await readAll(users)) as Record<string, T | undefined>,
    set: (user, value) => saveAll([{ key: user, value }]),
    mset: (entries) => saveAll(entries),
    del: forgetUser,
    // Asked for by Baileys' type only: the lists are everybody's, so no session may drop them all.
    flushAll: () => undefined,
    expect: (list) => void expected.set(jidDecode(list.jid)?.user ?? '', list),
    setOwn(jids, devices) {
      for (const jid of jids) own.set(jidDecode(jid)?.user ?? '', { jid, devices });
    },
    get hasOwn() {
      return own.size > 0;
    },
    forget: (jid) => forgetUser(jidDecode(jid)?.user ?? ''),
  };
}

function fromBaileys(user: string, listed: readonly ListedDevice[]): UserDevices {
  const isLid = listed.some(({ server }) => server === 'lid' || server === 'hosted.lid');
  return { jid: `${user}@${isLid ? 'lid' : 's.whatsapp.net'}`, devices: deviceIdsOf(listed) };
}
