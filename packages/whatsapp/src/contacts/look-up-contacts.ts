/**
 * Asks WhatsApp about people, many in one query: whether a number is there, which JID it has (Brazil's ninth digit),
 * which LID, which devices. Silence is an error, never an answer.
 */
import {
  type BinaryNode,
  isLidUser,
  jidNormalizedUser,
  USyncQuery,
  USyncUser,
  type WASocket,
} from '@whiskeysockets/baileys';
import { userOf } from '../jid-user.js';
import { encodeDeviceIds } from './device-ids.js';

/** What WhatsApp said about a person. */
export interface ContactAnswer {
  /** JID that was asked for. */
  readonly asked: string;
  /** The JID WhatsApp knows the person by; undefined when the number is not on WhatsApp. */
  readonly jid: string | undefined;
  readonly lid?: string;
  /** See `device-ids.ts`; absent when WhatsApp named none. */
  readonly devices?: string;
}

type Asking = Pick<WASocket, 'executeUSyncQuery'>;

/** Of one person, as the protocols' parsers leave it. */
interface Listed {
  readonly id: string;
  readonly contact?: { readonly isIn: boolean; readonly digits: string };
  readonly lid?: string;
  readonly devices?: { readonly deviceList?: readonly ListedId[] };
}

interface ListedId {
  readonly id: number;
  readonly keyIndex: number;
  readonly isHosted: boolean;
}

/**
 * Whether numbers are on WhatsApp, and everything needed to write to them. Numbers WhatsApp says nothing about are
 * missing from the answer.
 * @param jids made from numbers. @throws Error when there is no answer.
 */
export async function checkNumbers(socket: Asking, jids: readonly string[]): Promise<ContactAnswer[]> {
  const listed = await askAboutNumbers(socket, jids);
  const matched = await matchAnswers(socket, jids, listed);
  const answers = jids.flatMap((asked) => answerOf(asked, matched.get(asked)) ?? []);
  return withDevices(socket, answers);
}

/**
 * Devices and LIDs of people known to be on WhatsApp.
 * @param jids numbers or LIDs. @throws Error when there is no answer.
 */
export async function listDevices(socket: Asking, jids: readonly string[]): Promise<ContactAnswer[]> {
  const query = tolerant(new USyncQuery().withContext('message').withDeviceProtocol().withLIDProtocol());
  for (const jid of jids) query.withUser(new USyncUser().withId(jid));
  const listed = await execute(socket, query);
  const byJid = new Map(listed.map((user) => [jidNormalizedUser(user.id), user]));
  return jids.flatMap((asked) => {
    const user = byJid.get(asked);
    return user ? { asked, jid: asked, ...lidOf(user, asked), ...devicesOf(user) } : [];
  });
}

async function askAboutNumbers(socket: Asking, jids: readonly string[]): Promise<Listed[]> {
  const query = tolerant(new USyncQuery().withContactProtocol().withLIDProtocol().withDeviceProtocol());
  for (const jid of jids) query.withUser(new USyncUser().withPhone(`+${userOf(jid)}`));
  return execute(socket, query);
}

async function execute(socket: Asking, query: USyncQuery): Promise<Listed[]> {
  const answer = await socket.executeUSyncQuery(query);
  if (!answer) throw new Error('WhatsApp did not answer a question about contacts');
  return answer.list;
}

/**
 * Which answer belongs to which number: the JID may have other digits than were asked for, and the number asked for is
 * repeated by WhatsApp, though not by everything that stands in for it. Whom that leaves open is asked for alone.
 */
async function matchAnswers(
  socket: Asking,
  jids: readonly string[],
  listed: readonly Listed[],
): Promise<Map<string, Listed>> {
  const byDigits = new Map(listed.map((user) => [userOf(user.id), user]));
  for (const user of listed) if (user.contact?.digits) byDigits.set(user.contact.digits, user);
  const matched = new Map<string, Listed>();
  for (const asked of jids) {
    const [only] = jids.length === 1 ? listed : [];
    const user = byDigits.get(userOf(asked)) ?? only;
    if (user) matched.set(asked, user);
  }
  const open = jids.filter((asked) => !matched.has(asked));
  if (jids.length === 1 || listed.length === matched.size) return matched;
  for (const asked of open) {
    const [alone] = await askAboutNumbers(socket, [asked]);
    if (alone) matched.set(asked, alone);
  }
  return matched;
}

function answerOf(asked: string, user: Listed | undefined): ContactAnswer | undefined {
  if (!user) return undefined;
  if (user.contact?.isIn === false) return { asked, jid: undefined };
  const { devices } = devicesOf(user);
  if (user.contact === undefined && devices === undefined) return undefined;
  const jid = jidNormalizedUser(user.id);
  return { asked, jid, ...lidOf(user, jid), ...(devices === undefined ? {} : { devices }) };
}

/** A server may answer whether a number exists and leave its devices for a question of their own. */
async function withDevices(socket: Asking, answers: readonly ContactAnswer[]): Promise<ContactAnswer[]> {
  const incomplete = answers.flatMap(({ jid, devices }) => (jid !== undefined && devices === undefined ? jid : []));
  if (incomplete.length === 0) return [...answers];
  const listed = new Map((await listDevices(socket, incomplete)).map((answer) => [answer.asked, answer]));
  return answers.map((answer) => {
    const more = answer.jid === undefined ? undefined : listed.get(answer.jid);
    return more ? { ...more, ...answer } : answer;
  });
}

function lidOf({ lid }: Listed, jid: string): { lid?: string } {
  return lid && !isLidUser(jid) ? { lid: jidNormalizedUser(lid) } : {};
}

/** Companions without a key index are not to be written to. */
function devicesOf({ devices }: Listed): { devices?: string } {
  const ids = (devices?.deviceList ?? []).filter(({ id, keyIndex }) => id === 0 || keyIndex > 0);
  return ids.length === 0 ? {} : { devices: encodeDeviceIds(ids) };
}

/** One person's error must not spoil the answers about all others. */
function tolerant(query: USyncQuery): USyncQuery {
  query.protocols = query.protocols.map((protocol) => ({
    name: protocol.name,
    getQueryElement: () => protocol.getQueryElement(),
    getUserElement: (user) => protocol.getUserElement(user),
    parser(node) {
      // Baileys' own drops the number that was asked for.
      if (protocol.name === 'contact') return parseContact(node);
      try {
        return protocol.parser(node);
      } catch {
        return null;
      }
    },
  }));
  return query;
}

function parseContact({ attrs, content }: BinaryNode): Listed['contact'] | null {
  const { type } = attrs;
  // `out`, or `invalid` for what cannot be a number. Without a type nothing is said, as with an error.
  if (!type) return null;
  const asked = typeof content === 'string' ? content : content instanceof Uint8Array ? Buffer.from(content) : '';
  return { isIn: type === 'in', digits: asked.toString().replace(/\D/g, '') };
}
