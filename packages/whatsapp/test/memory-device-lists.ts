import type { DeviceListStore } from '@pombo/whatsapp';

export interface MemoryDeviceLists extends DeviceListStore {
  readonly lists: Map<string, string>;
  /** Users whose lists were asked for, in order. */
  readonly read: string[];
  /** Users whose lists were saved, in order: each was asked of WhatsApp. */
  readonly saved: string[];
}

/** @param lists shared with other stores: what one session learned, all know. */
export function createMemoryDeviceLists(lists: Map<string, string> = new Map()): MemoryDeviceLists {
  const read: string[] = [];
  const saved: string[] = [];
  return {
    lists,
    read,
    saved,
    readDevices(users) {
      read.push(...users);
      return Promise.resolve(users.map((user) => lists.get(user)));
    },
    saveDevices(changes) {
      for (const [user, list] of changes) {
        saved.push(user);
        lists.set(user, list);
      }
      return Promise.resolve();
    },
    forgetDevices(users) {
      for (const user of users) lists.delete(user);
      return Promise.resolve();
    },
  };
}
