/**
 * Who is in a group, remembered until a notification says that something changed there. Baileys would ask again for
 * every message, while it holds the account's mutex.
 */
import { PomboError } from '@pombo/contracts';
import { type BinaryNode, type GroupMetadata, jidNormalizedUser, type WASocket } from '@whiskeysockets/baileys';
import { LRUCache } from 'lru-cache';
import type { Ask } from './ask.js';

export interface Groups {
  /** What is remembered. */
  read(groupJid: string): GroupMetadata | undefined;
  /** Asks WhatsApp if need be. @throws PomboError when there is no such group, or this account is not in it. */
  load(groupJid: string): Promise<GroupMetadata>;
  /** Listens to what a socket hears about groups. */
  attach(socket: WASocket): void;
}

/** Members remembered per session, over all its groups; some 150 bytes each. */
const MEMBERS = 50_000;
/** A notification can get lost. */
const REMEMBERED_MS = 6 * 60 * 60 * 1000;
const NO_SUCH_GROUP = 404;
/** Not authorised, forbidden, gone. */
const NOT_A_MEMBER: ReadonlySet<unknown> = new Set([401, 403, 410]);

export function createGroups(ask: Ask): Groups {
  const known = new LRUCache<string, GroupMetadata>({
    maxSize: MEMBERS,
    sizeCalculation: ({ participants }) => participants.length + 1,
    ttl: REMEMBERED_MS,
  });
  const asking = new Map<string, Promise<GroupMetadata>>();

  const forget = (groupJid: string): void => {
    known.delete(groupJid);
    // What was asked before the change may be answered as it was before.
    asking.delete(groupJid);
  };

  const askFor = async (groupJid: string): Promise<GroupMetadata> => {
    const answer = ask((socket) => fetchGroup(socket, groupJid));
    asking.set(groupJid, answer);
    try {
      const group = await answer;
      if (asking.get(groupJid) === answer) known.set(groupJid, group);
      return group;
    } finally {
      if (asking.get(groupJid) === answer) asking.delete(groupJid);
    }
  };

  return {
    read: (groupJid) => known.get(groupJid),
    load: async (groupJid) => known.get(groupJid) ?? asking.get(groupJid) ?? askFor(groupJid),
    attach(socket) {
      socket.ws.on('CB:notification,type:w:gp2', ({ attrs }: BinaryNode) => forget(jidNormalizedUser(attrs['from'])));
      // What Baileys asked for by itself, because the server said that everything may have changed.
      socket.ev.on('groups.update', (groups) => {
        for (const { id } of groups) if (id) forget(id);
      });
    },
  };
}

async function fetchGroup(socket: WASocket, groupJid: string): Promise<GroupMetadata> {
  try {
    return await socket.groupMetadata(groupJid);
  } catch (cause) {
    throw refusalOf(cause) ?? cause;
  }
}

/** Baileys puts the server's error code into `data`. */
function refusalOf(cause: unknown): PomboError | undefined {
  const code: unknown = (cause as { data?: unknown }).data;
  if (code === NO_SUCH_GROUP) return new PomboError('RECIPIENT_NOT_ON_WHATSAPP', 'there is no such group', { cause });
  if (!NOT_A_MEMBER.has(code)) return undefined;
  return new PomboError('REJECTED_BY_WHATSAPP', 'the device is not a member of this group', { cause });
}
