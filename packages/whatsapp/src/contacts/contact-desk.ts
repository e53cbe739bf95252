/**
 * What a session knows and finds out about the people and groups it writes to, so that sending itself asks nothing: who
 * they are, which devices they have, a Signal session with each.
 */
import { describeError, type Logger } from '@pombo/runtime';
import {
  type AuthenticationCreds,
  type BinaryNode,
  getBinaryNodeChild,
  type GroupMetadata,
  isLidUser,
  jidNormalizedUser,
  type WASocket,
} from '@whiskeysockets/baileys';
import { userOf } from '../jid-user.js';
import { createAcquaintances } from './acquaintances.js';
import type { Ask } from './ask.js';
import { deviceJidsOf, jidOfDevice, type ListedDevice } from './device-ids.js';
import { createDeviceListCache, type DeviceListCache, type DeviceListStore } from './device-list-cache.js';
import { createGroups } from './groups.js';
import { checkNumbers, type ContactAnswer, listDevices } from './look-up-contacts.js';
import { createOwnDevices } from './own-devices.js';
import { createPrivacyTokens, type TokenTimes } from './privacy-tokens.js';

/** Everything needed to write to a person. */
export interface Contact {
  /** Number or LID, without device: how the person is addressed. */
  readonly jid: string;
  /** LID of somebody addressed by number. */
  readonly lid?: string;
  /** See `device-ids.ts`. */
  readonly devices: string;
}

/** What is known of people beyond this session. */
export interface ContactBook extends DeviceListStore {
  /** The person has another LID now. */
  changeLid(jid: string, lid: string): Promise<void>;
}

/** Finding out about recipients, and getting ready to write to them. */
export interface Contacts {
  /**
   * Whether numbers are on WhatsApp, as which JID (a number may have another than its digits say), and with which
   * devices. Numbers WhatsApp says nothing about are missing from the answer. Such questions get numbers banned.
   * @param jids made from numbers. @throws NotConnectedError; PomboError when there is no answer.
   */
  checkNumbers(jids: readonly string[]): Promise<ContactAnswer[]>;
  /**
   * Devices of people known to be on WhatsApp.
   * @param jids numbers or LIDs. @throws NotConnectedError; PomboError when there is no answer.
   */
  listDevices(jids: readonly string[]): Promise<ContactAnswer[]>;
  /**
   * Fetches, in one query for all, what encrypting for these people needs, so that sending to them is one write.
   * @returns JIDs of those who can be written to. @throws NotConnectedError; PomboError when there is no answer.
   */
  prepareChats(contacts: readonly Contact[]): Promise<string[]>;
  /**
   * Members of a group, asked for when something changed there.
   * @throws PomboError RECIPIENT_NOT_ON_WHATSAPP, REJECTED_BY_WHATSAPP (not a member); NotConnectedError
   */
  listMembers(groupJid: string): Promise<string[]>;
}

export interface ContactDesk extends Contacts {
  /** Given to Baileys. */
  readonly deviceLists: DeviceListCache;
  /** Given to Baileys. */
  readonly readGroup: (groupJid: string) => Promise<GroupMetadata | undefined>;
  /**
   * Asks for the devices of a person and of this account anew, and gets ready to write to them.
   * @returns JIDs of all of them but this one, in the form of the chat's. @throws as `prepareChats`
   */
  refreshDevices(jid: string): Promise<string[]>;
  /** What is known of the devices of a group's members is out of date. */
  forgetMembers(groupJid: string): Promise<void>;
  /** A message to this chat was acknowledged. */
  noteSent(jid: string): void;
  /** Listens to what a socket hears about people and groups. */
  attach(socket: WASocket): void;
  stop(): void;
}

export interface ContactDeskOptions {
  readonly creds: AuthenticationCreds;
  readonly book: ContactBook;
  readonly tokenTimes: TokenTimes;
  readonly ask: Ask;
  readonly logger: Logger;
}

export function createContactDesk({ creds, book, tokenTimes, ask, logger }: ContactDeskOptions): ContactDesk {
  const isOwn = (user: string): boolean => user === userOf(creds.me?.id) || user === userOf(creds.me?.lid);
  const complain = (what: string) => (error: unknown) => logger.debug(what, describeError(error));
  const deviceLists = createDeviceListCache(book, isOwn);
  const groups = createGroups(ask);
  const acquaintances = createAcquaintances(ask);
  const meetOwnDevices = createOwnDevices(creds, deviceLists, acquaintances, ask);
  const tokens = createPrivacyTokens(tokenTimes, ask, complain('privacy tokens were not issued'));

  const learnLids = async (contacts: readonly Contact[]): Promise<void> => {
    const pairs = contacts.flatMap(({ jid, lid }) => (lid === undefined ? [] : { pn: jid, lid }));
    await ask((socket) => socket.signalRepository.lidMapping.storeLIDPNMappings(pairs));
  };

  const identityChanged = (jid: string): void => {
    acquaintances.doubt(jid);
    deviceLists.forget(jid).catch(complain('a device list was not forgotten'));
  };

  const lidChanged = (jid: string, lid: string): void => {
    acquaintances.doubt(jid);
    book.changeLid(jid, lid).catch(complain('a changed LID was not remembered'));
  };

  return {
    deviceLists,
    readGroup: (groupJid) => Promise.resolve(groups.read(groupJid)),
    checkNumbers: (jids) => ask((socket) => checkNumbers(socket, jids)),
    listDevices: (jids) => ask((socket) => listDevices(socket, jids)),

    async prepareChats(contacts) {
      await learnLids(contacts);
      const meeting = contacts.map(({ jid, devices }) => acquaintances.meet(jid, devices));
      const [, ...reached] = await Promise.all([meetOwnDevices(), ...meeting]);
      return contacts.flatMap(({ jid }, index) => {
        const devices = reached[index];
        if (!devices) return [];
        deviceLists.expect({ jid, devices });
        return jid;
      });
    },

    async listMembers(groupJid) {
      const { participants } = await groups.load(groupJid);
      return participants.map(({ id }) => jidNormalizedUser(id));
    },

    async refreshDevices(jid) {
      const own = jidNormalizedUser(isLidUser(jid) ? creds.me?.lid : creds.me?.id);
      acquaintances.doubt(jid);
      await deviceLists.forget(own);
      const [[answer]] = await Promise.all([ask((socket) => listDevices(socket, [jid])), meetOwnDevices()]);
      const devices = await acquaintances.meet(jid, answer?.devices ?? '');
      deviceLists.expect({ jid, devices });
      await book.saveDevices([{ jid, devices }]);
      const ownDevices = (await deviceLists.get<ListedDevice[]>(userOf(own) ?? '')) ?? [];
      return [...deviceJidsOf(jid, devices), ...ownDevices.map(jidOfDevice)];
    },
    async forgetMembers(groupJid) {
      const { participants } = await groups.load(groupJid);
      await Promise.all(participants.map(({ id }) => deviceLists.forget(id)));
    },

    noteSent: (jid) => tokens.noteSent(jid),

    attach(socket) {
      groups.attach(socket);
      socket.ws.on('CB:notification,type:encrypt', (node: BinaryNode) => {
        // Somebody installed WhatsApp anew: other keys, and mostly other devices.
        if (getBinaryNodeChild(node, 'identity')) identityChanged(jidNormalizedUser(node.attrs['from']));
      });
      socket.ws.on('CB:notification,type:devices', ({ attrs }: BinaryNode) => {
        // The list itself is Baileys' to change; sessions with devices that are gone go too.
        acquaintances.doubt(jidNormalizedUser(attrs['from']));
      });
      socket.ev.on('lid-mapping.update', ({ pn, lid }) => lidChanged(jidNormalizedUser(pn), jidNormalizedUser(lid)));
    },

    stop() {
      acquaintances.stop();
      tokens.stop();
    },
  };
}
