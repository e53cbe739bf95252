/** Signal sessions with devices not written to before: their keys are fetched many at a time, and once. */
import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  isHostedLidUser,
  isLidUser,
  parseAndInjectE2ESessions,
  S_WHATSAPP_NET,
  type WASocket,
} from '@whiskeysockets/baileys';

export type KeySocket = Pick<WASocket, 'query' | 'signalRepository'>;

/** Sessions started together are made in one go, and go into one write. */
const STARTED_AT_ONCE = 50;

/** Those of the devices there is no session with yet. */
export async function findUnmet(socket: KeySocket, deviceJids: readonly string[]): Promise<string[]> {
  const met = await Promise.all(deviceJids.map((jid) => socket.signalRepository.validateSession(jid)));
  return deviceJids.filter((_jid, index) => !met[index]?.exists);
}

/**
 * Fetches the keys of devices and starts sessions with them. A device WhatsApp gives no keys for is left out, so that it
 * spoils nothing for the others.
 * @throws Error when there is no answer.
 */
export async function fetchKeys(socket: KeySocket, deviceJids: readonly string[]): Promise<void> {
  if (deviceJids.length === 0) return;
  const users = (await wireJids(socket, deviceJids)).map((jid) => ({ tag: 'user', attrs: { jid } }));
  const attrs = { xmlns: 'encrypt', type: 'get', to: S_WHATSAPP_NET };
  const question = { tag: 'iq', attrs, content: [{ tag: 'key', attrs: {}, content: users }] };
  const answer = (await socket.query(question)) as BinaryNode | undefined;
  if (!answer) throw new Error('WhatsApp did not answer a question about keys');
  const bundles = getBinaryNodeChildren(getBinaryNodeChild(answer, 'list'), 'user');
  const usable = bundles.filter((bundle) => !getBinaryNodeChild(bundle, 'error'));
  for (let from = 0; from < usable.length; from += STARTED_AT_ONCE) {
    const some = usable.slice(from, from + STARTED_AT_ONCE);
    await Promise.all(some.map((bundle) => startSession(socket, bundle)));
  }
}

/** Baileys would start them one after the other, each waiting for its own write. */
async function startSession({ signalRepository }: KeySocket, bundle: BinaryNode): Promise<void> {
  const list = { tag: 'list', attrs: {}, content: [bundle] };
  await parseAndInjectE2ESessions({ tag: 'iq', attrs: {}, content: [list] }, signalRepository);
}

/** Keys are asked for by LID where there is one: it is the name the session is kept under. */
async function wireJids({ signalRepository }: KeySocket, deviceJids: readonly string[]): Promise<string[]> {
  const isLid = (jid: string): boolean => Boolean(isLidUser(jid)) || Boolean(isHostedLidUser(jid));
  const numbers = deviceJids.filter((jid) => !isLid(jid));
  const mapped = (await signalRepository.lidMapping.getLIDsForPNs(numbers)) ?? [];
  const lids = new Map(mapped.map(({ pn, lid }) => [pn, lid]));
  return [...new Set(deviceJids.map((jid) => lids.get(jid) ?? jid))];
}
