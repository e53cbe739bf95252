import type { ContactBook, UserDevices } from '@pombo/whatsapp';

export interface MemoryContactBook extends ContactBook {
  /** By user. */
  readonly lists: Map<string, UserDevices>;
  /** Users whose lists were asked for, in order. */
  readonly read: string[];
  /** LIDs that changed, by JID. */
  readonly lids: Map<string, string>;
}

/** @param lists shared with other books: what one session learned, all know. */
export function createMemoryContactBook(lists: Map<string, UserDevices> = new Map()): MemoryContactBook {
  const read: string[] = [];
  const lids = new Map<string, string>();
  return {
    lists,
    read,
    lids,
    readDevices(users) {
      read.push(...users);
      return Promise.resolve(users.map((user) => lists.get(user)));
    },
    saveDevices(changes) {
      for (const list of changes) lists.set(list.jid.split('@')[0] ?? '', list);
      return Promise.resolve();
    },
    forgetDevices(users) {
      for (const user of users) lists.delete(user);
      return Promise.resolve();
    },
    changeLid(jid, lid) {
      lids.set(jid, lid);
      return Promise.resolve();
    },
  };
}
