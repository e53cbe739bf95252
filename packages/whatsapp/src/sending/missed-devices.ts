/**
 * Devices a message did not reach because nobody knew of them: the recipient, or this account, has linked one since the
 * list was made. WhatsApp says so with a hash over the devices there are; whoever is missing then gets the message under
 * the same id, and the others nothing.
 */
import type { Logger } from '@pombo/runtime';
import { describeError } from '@pombo/runtime';
import { generateParticipantHashV2, isLidUser, isPnUser } from '@whiskeysockets/baileys';
import { LRUCache } from 'lru-cache';

/** A message that was acknowledged. */
export interface SentStanza {
  /** The chat it went to. */
  readonly jid: string;
  /** JIDs of the devices it was encrypted for. */
  readonly addressed: ReadonlySet<string>;
  /** WhatsApp's hash over the devices it should have gone to; absent when it has nothing to say. */
  readonly phash: string | undefined;
}

export interface MissedDevicesOptions {
  /** Devices of the chat's person and of this account as WhatsApp lists them now, ready to be written to. */
  readonly refresh: (jid: string) => Promise<string[]>;
  /** What is known of the members' devices is out of date. */
  readonly forgetGroup: (jid: string) => Promise<void>;
  readonly logger: Logger;
}

/** Chats whose last hash is remembered, so that one that cannot be explained is looked into once. */
const REMEMBERED = 1000;

export interface MissedDevices {
  /** @param sendTo writes the message to one device. Never throws: the message as such is sent. */
  reach(sent: SentStanza, sendTo: (deviceJid: string) => Promise<unknown>): Promise<void>;
}

export function createMissedDevices({ refresh, forgetGroup, logger }: MissedDevicesOptions): MissedDevices {
  const lookedInto = new LRUCache<string, string>({ max: REMEMBERED });
  /** By chat and hash: messages acknowledged meanwhile want the same answer. */
  const looking = new Map<string, Promise<string[]>>();

  const look = ({ jid, phash }: SentStanza): Promise<string[]> => {
    const name = `${jid} ${phash}`;
    const running = looking.get(name) ?? refresh(jid).finally(() => looking.delete(name));
    looking.set(name, running);
    return running;
  };

  const findMissed = async (sent: SentStanza): Promise<string[]> => {
    const { jid, addressed } = sent;
    if (isPnUser(jid) || isLidUser(jid)) {
      const listed = await look(sent);
      return listed.filter((device) => !addressed.has(device));
    }
    // A group's message is one for all: devices it cannot be read on ask for it by themselves.
    await forgetGroup(jid);
    return [];
  };

  const isExplained = ({ jid, addressed, phash }: SentStanza): boolean =>
    phash === undefined ||
    addressed.size === 0 ||
    phash === generateParticipantHashV2([...addressed]) ||
    phash === lookedInto.get(jid);

  return {
    async reach(sent, sendTo) {
      if (isExplained(sent)) return;
      try {
        const missed = await findMissed(sent);
        lookedInto.set(sent.jid, sent.phash ?? '');
        for (const device of missed) await sendTo(device);
        if (missed.length > 0) logger.info('a message was sent to devices it had missed', { devices: missed.length });
      } catch (error) {
        logger.warn('devices that a message missed were not reached', describeError(error));
      }
    },
  };
}
