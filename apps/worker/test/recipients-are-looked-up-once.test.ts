import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { silentLogger } from '@pombo/runtime';
import { createStore } from '@pombo/store';
import { eventually, openTestStore, type TestStore } from '@pombo/testing';
import type { Contact, ContactAnswer, Contacts } from '@pombo/whatsapp';
import { createDeviceDirectory, type DeviceDirectory } from '../src/recipients/device-directory.js';
import { rememberRecipients } from '../src/recipients/recipient-memory.js';
import { createRecipientWarmer } from '../src/recipients/warm-recipients.js';

let context: TestStore;
const open: DeviceDirectory[] = [];
beforeAll(async () => {
  context = await openTestStore();
});
afterAll(async () => {
  for (const directory of open) directory.close();
  await context.close();
});

let lastNumber = 5_521_970_000_000;
const freshJid = (): string => `${++lastNumber}@s.whatsapp.net`;
let asked: string[][];
let listed: string[][];
let prepared: string[][];
/** What WhatsApp does before it answers. */
let thinking: () => Promise<void>;
let absent: Set<string>;
beforeEach(() => {
  [asked, listed, prepared] = [[], [], []];
  thinking = () => Promise.resolve();
  absent = new Set();
});

const answer = (jid: string): ContactAnswer =>
  absent.has(jid) ? { asked: jid, jid: undefined } : { asked: jid, jid, devices: '0 1' };

const session: Contacts = {
  async checkNumbers(jids) {
    asked.push([...jids]);
    await thinking();
    return jids.map(answer);
  },
  async listDevices(jids) {
    listed.push([...jids]);
    await thinking();
    return jids.map((jid) => ({ asked: jid, jid, devices: '0 2' }));
  },
  prepareChats(contacts: readonly Contact[]) {
    prepared.push(contacts.map(({ jid }) => jid));
    return Promise.resolve(contacts.map(({ jid }) => jid));
  },
  listMembers: () => Promise.resolve(['104410000000001@lid', '104410000000002@lid']),
};

interface Settings {
  readonly perHour?: number;
  readonly burst?: number;
  readonly onJoined?: (lane: string, into: string) => void;
}
async function directoryOf(settings: Settings = {}): Promise<DeviceDirectory> {
  const { perHour = 0, burst = 100, onJoined } = settings;
  const config = { ...context.config, LOOK_UPS_PER_HOUR: perHour, LOOK_UP_BURST: burst };
  const store = createStore(context.redis, config);
  const { id } = await store.devices.create('ten_a', 'phone');
  const directory = createDeviceDirectory(store, id, session, onJoined);
  open.push(directory);
  return directory;
}

test('a number is asked about once, whoever sends to it at the same time', async () => {
  const jid = freshJid();
  const directories = [await directoryOf(), await directoryOf()];
  const resolving = directories.flatMap((directory) => [directory.resolveChat(jid), directory.resolveChat(jid)]);
  expect(await Promise.all(resolving)).toEqual([jid, jid, jid, jid]);
  expect(asked).toEqual([[jid]]);
});

test('a number not on WhatsApp is not asked about again for its time', async () => {
  const jid = freshJid();
  absent.add(jid);
  const directory = await directoryOf();
  for (let send = 0; send < 2; send += 1) {
    await expect(directory.resolveChat(jid)).rejects.toMatchObject({ code: 'RECIPIENT_NOT_ON_WHATSAPP' });
  }
  expect(asked).toHaveLength(1);
});

test('an unanswered question is no answer: it is asked again', async () => {
  const jid = freshJid();
  const [first, second] = [await directoryOf(), await directoryOf()];
  thinking = () => Promise.reject(new Error('silence'));
  await expect(first.resolveChat(jid)).rejects.toThrow('silence');
  thinking = () => Promise.resolve();
  expect(await second.resolveChat(jid)).toBe(jid);
});

test('fifty numbers go into one question', async () => {
  const directory = await directoryOf();
  const jids = Array.from({ length: 100 }, freshJid);
  await directory.warm([...jids, '120363000000000000@g.us', '120363000000000000@newsletter']);
  expect(asked.map((batch) => batch.length)).toEqual([50, 50]);
  expect(prepared.flat()).toEqual(jids);
  await directory.prepareChat(jids[7] ?? '');
  expect(asked).toHaveLength(2);
});

test('devices that were forgotten are asked for without asking whether the number exists', async () => {
  const jid = freshJid();
  const directory = await directoryOf();
  await directory.prepareChat(jid);
  await createStore(context.redis, context.config).recipients.forgetDevices([jid.split('@')[0] ?? '']);
  await directory.prepareChat(jid);
  expect(asked).toEqual([[jid]]);
  expect(listed).toEqual([[jid]]);
});

test('members of a group are prepared together', async () => {
  const directory = await directoryOf();
  await directory.prepareChat('120363000000000000@g.us');
  expect(prepared).toEqual([['104410000000001@lid', '104410000000002@lid']]);
  await directory.prepareChat('120363000000000000@g.us');
  expect(listed).toHaveLength(1);
});

test('without budget an unknown number waits; known ones and other devices do not', async () => {
  const [poor, rich] = [await directoryOf({ perHour: 1, burst: 2 }), await directoryOf()];
  const [one, two, three] = [freshJid(), freshJid(), freshJid()];
  await poor.resolveChat(one);
  await poor.resolveChat(two);
  let resolved: string | undefined;
  const waiting = poor.resolveChat(three).then((jid) => (resolved = jid));
  await poor.resolveChat(one);
  expect(resolved).toBeUndefined();
  expect(asked.flat()).toEqual([one, two]);
  // Another device finds out, and what it learned is everybody's.
  await rich.resolveChat(three);
  await eventually('the waiting one hears of it', () => resolved === three);
  await waiting;
});

test('what waits for its budget ends with the device', async () => {
  const directory = await directoryOf({ perHour: 1, burst: 1 });
  await directory.resolveChat(freshJid());
  const waiting = directory.resolveChat(freshJid());
  directory.close();
  await expect(waiting).rejects.toThrow('given up');
});

test('a person written to by number and by LID has one lane, once that is known', async () => {
  const directory = await directoryOf();
  const { recipients } = createStore(context.redis, context.config);
  const [jid, lid] = [freshJid(), '104419999999999@lid'];
  expect(directory.laneOf(lid)).not.toBe(directory.laneOf(jid));
  await recipients.save([{ asked: jid, jid, lid, devices: '0' }]);
  await directory.resolveChat(jid);
  expect(directory.laneOf(lid)).toBe(directory.laneOf(jid));
});

test('a LID that another worker knows the number of is in the number’s lane from the first message on', async () => {
  const joined: string[][] = [];
  const directory = await directoryOf({ onJoined: (...lanes) => joined.push(lanes) });
  const { recipients } = createStore(context.redis, context.config);
  const [jid, lid] = [freshJid(), '104418888888888@lid'];
  await recipients.save([{ asked: jid, jid, lid, devices: '0' }]);
  await directory.learnLanes([lid, '104417777777777@lid', '120363000000000000@g.us']);
  expect(directory.laneOf(lid)).toBe(directory.laneOf(jid));
  expect(joined).toEqual([[lid, directory.laneOf(jid)]]);
  await directory.resolveChat(jid);
  expect(joined).toHaveLength(1);
});

test('recipients of messages that come to hand are warmed once, in batches', async () => {
  const recipients = Array.from({ length: 250 }, (_unused, index) => `55119999${10_000 + index}@s.whatsapp.net`);
  const warmed: string[][] = [];
  const warmer = createRecipientWarmer({
    directory: { warm: async (jids) => (warmed.push([...jids]), setImmediate()) },
    logger: silentLogger,
  });
  for (let from = 0; from < recipients.length; from += 10) {
    warmer.warm([...recipients.slice(from, from + 10), ...recipients.slice(0, 10)]);
  }
  await eventually('all are warmed', () => warmed.flat().length >= recipients.length);
  expect(warmed.flat()).toEqual(recipients);
  expect(warmed.length).toBeLessThan(5);
});

test('what was read a moment ago is not read again, until something changes', async () => {
  const { recipients } = createStore(context.redis, context.config);
  let reads = 0;
  const remembered = rememberRecipients({
    ...recipients,
    read: (jids) => {
      reads += jids.length;
      return recipients.read(jids);
    },
  });
  const [jid, unknown] = [freshJid(), freshJid()];
  await remembered.save([{ asked: jid, jid, devices: '0' }]);
  expect(await remembered.read([unknown, jid])).toEqual([undefined, { jid, devices: '0' }]);
  expect(reads).toBe(1);
  await remembered.saveDevices([{ jid, devices: '0 1' }]);
  expect(await remembered.read([jid])).toEqual([{ jid, devices: '0 1' }]);
  // Another worker learned of the other one.
  await recipients.save([{ asked: unknown, jid: unknown, devices: '0' }]);
  expect(await remembered.read([unknown, jid])).toEqual([
    { jid: unknown, devices: '0' },
    { jid, devices: '0 1' },
  ]);
});
