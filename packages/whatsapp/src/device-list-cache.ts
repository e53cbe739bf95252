/**
 * WhatsApp's device lists, shared by all workers. Baileys would keep them for five minutes in memory, and each miss
 * costs a query, a key fetch and the recipient's Signal sessions.
 */
import type { UserFacingSocketConfig } from '@whiskeysockets/baileys';

/** Where lists are kept; texts by user. */
export interface DeviceListStore {
  readDevices(users: readonly string[]): Promise<Array<string | undefined>>;
  saveDevices(lists: ReadonlyMap<string, string>): Promise<void>;
  forgetDevices(users: readonly string[]): Promise<void>;
}

type DeviceListCache = NonNullable<UserFacingSocketConfig['userDevicesCache']>;

/**
 * @param isOwn whether a user is this account itself: its list leaves out the asking device, so every session keeps
 * its own.
 */
export function createDeviceListCache(store: DeviceListStore, isOwn: (user: string) => boolean): DeviceListCache {
  const own = new Map<string, unknown>();
  const parse = (text: string | undefined): unknown => (text === undefined ? undefined : (JSON.parse(text) as unknown));

  const readAll = async (users: readonly string[]): Promise<Map<string, unknown>> => {
    const shared = users.filter((user) => !isOwn(user));
    const texts = await store.readDevices(shared);
    const lists = new Map(shared.map((user, index) => [user, parse(texts[index])]));
    for (const user of users) if (isOwn(user)) lists.set(user, own.get(user));
    return lists;
  };
  const saveAll = async (entries: ReadonlyArray<{ key: string; value: unknown }>): Promise<void> => {
    const shared = new Map<string, string>();
    for (const { key, value } of entries) {
      if (isOwn(key)) own.set(key, value);
      else shared.set(key, JSON.stringify(value));
    }
    await store.saveDevices(shared);
  };

  return {
    get: async <T>(user: string) => (await readAll([user])).get(user) as T,
    mget: async <T>(users: string[]) => Object.fromEntries(await readAll(users)) as Record<string, T | undefined>,
    set: (user, value) => saveAll([{ key: user, value }]),
    mset: (entries) => saveAll(entries),
    async del(user) {
      own.delete(user);
      await store.forgetDevices([user]);
    },
    // Asked for by Baileys' type only: the lists are everybody's, so no session may drop them all.
    flushAll: () => undefined,
  };
}
