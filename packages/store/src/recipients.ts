/**
 * The recipient directory: what WhatsApp said about people, shared by all workers and believed for some days. Facts lie
 * under the number WhatsApp knows a person by; other spellings of it (Brazil's ninth digit) and the LID point there.
 */
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Keys } from './keys.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboReplaceHash(...args: Array<string | number>): Result<number, Context>;
  }
}

/** ARGV: milliseconds the hash lives, then field, value… */
const REPLACE_HASH = `
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return redis.call('PEXPIRE', KEYS[1], ARGV[1])
`;

/** What is known of a person, under whatever JID it was asked for. */
export interface KnownRecipient {
  /** The JID WhatsApp knows the person by; undefined when the number is not on WhatsApp. */
  readonly jid: string | undefined;
  readonly lid?: string;
  /** Ids of the person's devices, as the WhatsApp package writes them; absent when they have to be asked for. */
  readonly devices?: string;
}

/** WhatsApp's answer about one person. */
export interface RecipientAnswer extends KnownRecipient {
  /** JID that was asked for. */
  readonly asked: string;
}

/** A person's devices, by the JID that names the person. */
export interface UserDevices {
  readonly jid: string;
  readonly devices: string;
}

export interface Recipients {
  /** @returns in the order of `jids`; undefined where nobody asked lately. */
  read(jids: readonly string[]): Promise<Array<KnownRecipient | undefined>>;
  save(answers: readonly RecipientAnswer[]): Promise<void>;
  /** @param users digits of numbers or of LIDs. @returns in their order; undefined where the devices are not known. */
  readDevices(users: readonly string[]): Promise<Array<UserDevices | undefined>>;
  saveDevices(lists: readonly UserDevices[]): Promise<void>;
  forgetDevices(users: readonly string[]): Promise<void>;
  /** The person has another LID now. Nothing happens when that is not news. */
  changeLid(jid: string, lid: string): Promise<void>;
}

export interface RecipientRetention {
  /** How long an answer is believed. */
  readonly knownMs: number;
  /** How long it is believed that a number is not on WhatsApp. */
  readonly absentMs: number;
}

/** Fields of an entry: `on` (1, or 0 for not on WhatsApp), `l` LID, `d` devices; or `to`, the JID whose entry it is. */
type Entry = Readonly<Partial<Record<'on' | 'l' | 'd' | 'to', string>>>;

const LID_SERVER = '@lid';
const NUMBER_SERVER = '@s.whatsapp.net';
const isLid = (jid: string): boolean => jid.endsWith(LID_SERVER);
const userOf = (jid: string): string => jid.slice(0, jid.indexOf('@'));

export function createRecipients(redis: Redis, keys: Keys, retention: RecipientRetention): Recipients {
  redis.defineCommand('pomboReplaceHash', { numberOfKeys: 1, lua: REPLACE_HASH });
  const keyOf = (jid: string): string => (isLid(jid) ? keys.recipientLid(userOf(jid)) : keys.recipient(userOf(jid)));
  const readEntry = async (jid: string): Promise<Entry> => redis.hgetall(keyOf(jid));

  /** Follows the pointer of another spelling or a LID. */
  const find = async (jid: string): Promise<{ readonly jid: string; readonly entry: Entry }> => {
    const entry = await readEntry(jid);
    return entry.to === undefined ? { jid, entry } : { jid: entry.to, entry: await readEntry(entry.to) };
  };

  const write = (jid: string, fields: Record<string, string>, lifeMs: number): Promise<unknown> =>
    redis.pomboReplaceHash(keyOf(jid), lifeMs, ...Object.entries(fields).flat());

  const saveAnswer = async ({ asked, jid, lid, devices }: RecipientAnswer): Promise<void> => {
    if (jid === undefined) return void (await write(asked, { on: '0' }, retention.absentMs));
    const facts = {
      on: '1',
      ...(lid === undefined ? {} : { l: lid }),
      ...(devices === undefined ? {} : { d: devices }),
    };
    const pointers = new Set([asked, lid].filter((name) => name !== undefined && name !== jid) as string[]);
    const pointing = [...pointers].map((name) => write(name, { to: jid }, retention.knownMs));
    await Promise.all([write(jid, facts, retention.knownMs), ...pointing]);
  };

  /** The entry of bare digits: a number's, else a LID's. */
  const findUser = async (
    user: string,
  ): Promise<{ readonly asked: string; readonly jid: string; readonly entry: Entry }> => {
    const asNumber = `${user}${NUMBER_SERVER}`;
    const asLid = `${user}${LID_SERVER}`;
    const [byNumber, byLid] = await Promise.all([find(asNumber), find(asLid)]);
    if (byNumber.entry.on === undefined && byLid.entry.on !== undefined) return { asked: asLid, ...byLid };
    return { asked: asNumber, ...byNumber };
  };

  return {
    read: (jids) =>
      Promise.all(
        jids.map(async (asked) => {
          const { jid, entry } = await find(asked);
          return toKnown(jid, entry);
        }),
      ),
    async save(answers) {
      await Promise.all(answers.map(saveAnswer));
    },
    readDevices: (users) =>
      Promise.all(
        users.map(async (user) => {
          const { asked, entry } = await findUser(user);
          return entry.d === undefined ? undefined : { jid: asked, devices: entry.d };
        }),
      ),
    async saveDevices(lists) {
      await Promise.all(
        lists.map(async ({ jid: asked, devices }) => {
          const { jid } = await find(asked);
          const key = keyOf(jid);
          // What is known besides grows no older or younger by it.
          await redis.multi().hset(key, { on: '1', d: devices }).pexpire(key, retention.knownMs, 'NX').exec();
        }),
      );
    },
    async forgetDevices(users) {
      await Promise.all(
        users.map(async (user) => {
          const { jid } = await findUser(user);
          await redis.hdel(keyOf(jid), 'd');
        }),
      );
    },
    async changeLid(asked, lid) {
      const { jid, entry } = await find(asked);
      if (entry.on !== '1' || entry.l === lid || isLid(jid)) return;
      await Promise.all([write(lid, { to: jid }, retention.knownMs), redis.hset(keyOf(jid), 'l', lid)]);
    },
  };
}

function toKnown(jid: string, { on, l: lid, d: devices }: Entry): KnownRecipient | undefined {
  if (on === undefined) return undefined;
  if (on === '0') return { jid: undefined };
  return { jid, ...(lid === undefined ? {} : { lid }), ...(devices === undefined ? {} : { devices }) };
}
