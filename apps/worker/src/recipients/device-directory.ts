/**
 * The recipient directory as one device uses it: what is known is read, what is not is asked of WhatsApp through this
 * device's session, in batches, and written down for everybody.
 */
import { chatLane, PomboError, recipientKind } from '@pombo/contracts';
import { growingUpTo } from '@pombo/runtime';
import type { KnownRecipient } from '@pombo/store';
import type { Contact, Contacts } from '@pombo/whatsapp';
import { LRUCache } from 'lru-cache';
import {
  ASKED_AT_ONCE,
  createDeviceLookUp,
  createNumberLookUp,
  type DirectoryStore,
  type LookUp,
} from './look-up-numbers.js';

export interface DeviceDirectory {
  /**
   * The chat as WhatsApp knows it. Waits, however long, while the device may ask no more.
   * @param to JID of any recipient. @throws PomboError RECIPIENT_NOT_ON_WHATSAPP; NotConnectedError
   */
  resolveChat(to: string): Promise<string>;
  /**
   * Finds out and fetches what sending to a chat needs, so that sending is one write.
   * @throws PomboError when there is no such group, this account is not in it, or WhatsApp did not answer;
   * NotConnectedError
   */
  prepareChat(chatJid: string): Promise<void>;
  /** Does both for many people ahead of time, in few queries. Whom it cannot be done for is skipped. */
  warm(recipients: readonly string[]): Promise<void>;
  /** A name for the chat's lane: the same for all ways to write to a person that are known to be one. */
  laneOf(to: string): string;
  /** Reads which of these are LIDs of numbers that are known to anybody. */
  learnLanes(recipients: readonly string[]): Promise<void>;
  close(): void;
}

/** LIDs whose number is known, some 100 bytes each. */
const LANES = 10_000;

/** @param onJoined a lane had two names until now; the second stays. */
export function createDeviceDirectory(
  store: DirectoryStore,
  deviceId: string,
  session: Contacts,
  onJoined: (lane: string, into: string) => void = () => undefined,
): DeviceDirectory {
  const closed = new AbortController();
  const numbers = createNumberLookUp(store, deviceId, session, closed.signal);
  const devices = createDeviceLookUp(store, session, closed.signal);
  const numberOfLid = new LRUCache<string, string>(growingUpTo(LANES));

  const laneOf = (to: string): string => chatLane(numberOfLid.get(to) ?? to);

  const lookUp = async (jid: string, known: KnownRecipient | undefined): Promise<KnownRecipient> => {
    const isNumber = recipientKind(jid) === 'user';
    const found = known ?? (await answerOf(isNumber ? numbers : devices, jid));
    if (found.jid === undefined || found.devices !== undefined) return found;
    return answerOf(devices, found.jid);
  };

  const noteLane = ({ jid, lid }: KnownRecipient): void => {
    if (jid === undefined || lid === undefined || recipientKind(jid) !== 'user') return;
    const before = laneOf(lid);
    numberOfLid.set(lid, jid);
    if (laneOf(lid) !== before) onJoined(before, laneOf(lid));
  };

  /** Whom WhatsApp says nothing about is missing. */
  const findContacts = async (jids: readonly string[]): Promise<Contact[]> => {
    const known = await store.recipients.read(jids);
    const found = await Promise.allSettled(jids.map((jid, index) => lookUp(jid, known[index])));
    const failure = found.find((result) => result.status === 'rejected');
    if (failure && found.every(({ status }) => status === 'rejected')) throw failure.reason;
    return found.flatMap((result, index) => {
      if (result.status === 'rejected') return [];
      noteLane(result.value);
      return toContact(jids[index] ?? '', result.value) ?? [];
    });
  };

  const preparePeople = async (jids: readonly string[]): Promise<string[]> =>
    jids.length === 0 ? [] : session.prepareChats(await findContacts(jids));

  const prepareGroup = async (groupJid: string): Promise<void> => {
    const members = await session.listMembers(groupJid);
    await preparePeople(members);
  };

  return {
    async resolveChat(to) {
      if (recipientKind(to) !== 'user') return to;
      const [known] = await store.recipients.read([to]);
      const found = known ?? (await answerOf(numbers, to));
      if (found.jid === undefined) {
        throw new PomboError('RECIPIENT_NOT_ON_WHATSAPP', 'the recipient’s number is not on WhatsApp');
      }
      noteLane(found);
      return found.jid;
    },
    async prepareChat(chatJid) {
      const kind = recipientKind(chatJid);
      if (kind === 'newsletter') return;
      if (kind === 'group') return prepareGroup(chatJid);
      if ((await preparePeople([chatJid])).length === 0) throw noAnswer();
    },
    async warm(recipients) {
      const people = [...new Set(recipients)].filter((jid) => ['user', 'lid'].includes(recipientKind(jid)));
      for (let from = 0; from < people.length; from += ASKED_AT_ONCE) {
        await preparePeople(people.slice(from, from + ASKED_AT_ONCE));
      }
    },
    laneOf,
    async learnLanes(recipients) {
      const lids = [...new Set(recipients)].filter((jid) => recipientKind(jid) === 'lid' && !numberOfLid.has(jid));
      if (lids.length === 0) return;
      for (const known of await store.recipients.read(lids)) if (known) noteLane(known);
    },
    close() {
      closed.abort();
      for (const questions of [numbers, devices]) questions.close(new Error('the device is given up'));
    },
  };
}

async function answerOf(questions: LookUp, jid: string): Promise<KnownRecipient> {
  const answer = await questions.load(jid);
  if (answer === undefined) throw noAnswer();
  return answer;
}

/** @param asked a LID stays what it is; another spelling of a number becomes the number WhatsApp knows. */
function toContact(asked: string, { jid, lid, devices }: KnownRecipient): Contact | undefined {
  if (jid === undefined || devices === undefined) return undefined;
  if (recipientKind(asked) === 'lid') return { jid: asked, devices };
  return { jid, devices, ...(lid === undefined ? {} : { lid }) };
}

function noAnswer(): PomboError {
  return new PomboError('DEVICE_ERROR', 'WhatsApp said nothing about the recipient’s devices', { retryable: true });
}
