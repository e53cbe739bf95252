/** Who is on WhatsApp, under which jid and LID, and with which devices. */
import {
  getAllBinaryNodeChildren,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  type BinaryNode,
} from '@pombo/whatsapp/protocol';
import { canonicalNumber } from '../../people/canonical-number.js';
import { parseDeviceJid, userJid } from '../../people/device-address.js';
import { unixSeconds } from '../../unix-seconds.js';
import { bytesOf, stanza } from '../../wire/stanza.js';
import type { World } from '../../world.js';
import { IqRefusal } from './iq-refusal.js';
import type { IqContext, IqTable } from './iq-handler.js';

interface AskedUser {
  /** Jid of the answer. */
  readonly jid: string;
  readonly number: string;
  readonly exists: boolean;
  readonly node: BinaryNode;
}

function answerUsync({ world, child }: IqContext): BinaryNode[] {
  const query = getBinaryNodeChild(child, 'query');
  if (!child || !query) throw new IqRefusal(400, 'bad-request');
  const protocols = getAllBinaryNodeChildren(query).map(({ tag }) => tag);
  const users = getBinaryNodeChildren(getBinaryNodeChild(child, 'list'), 'user');
  const { usync } = world.counters.values;
  usync.queries += 1;
  usync.users += users.length;
  const list = users.map((node) => answerUser(world, askedUser(world, node), protocols));
  const { sid, mode, context } = child.attrs;
  const result = stanza(
    'result',
    {},
    protocols.map((tag) => stanza(tag)),
  );
  return [stanza('usync', { sid, mode, context, index: '0', last: 'true' }, [result, stanza('list', {}, list)])];
}

/** A user is asked for by jid or, to find out whether it exists, by a phone number in any spelling. */
function askedUser(world: World, node: BinaryNode): AskedUser {
  const phone = bytesOf(getBinaryNodeChild(node, 'contact'))?.toString();
  if (phone === undefined) {
    const jid = node.attrs.jid ?? '';
    const number = parseDeviceJid(jid)?.number ?? '';
    return { jid, number, exists: number !== '' && world.directory.exists(number), node };
  }
  const asked = phone.replace(/\D/g, '');
  const number = canonicalNumber(asked);
  const exists = world.directory.exists(number);
  return { jid: userJid(exists ? number : asked, 'pn'), number, exists, node };
}

function answerUser(world: World, user: AskedUser, protocols: readonly string[]): BinaryNode {
  const answers = protocols.flatMap((protocol) => answerProtocol(world, user, protocol) ?? []);
  return stanza('user', { jid: user.jid }, answers);
}

function answerProtocol(world: World, { number, exists, node }: AskedUser, protocol: string): BinaryNode | undefined {
  if (protocol === 'contact') {
    const phone = bytesOf(getBinaryNodeChild(node, 'contact')) ?? Buffer.from(`+${number}`);
    return stanza('contact', { type: exists ? 'in' : 'out' }, phone);
  }
  if (!exists) return undefined;
  switch (protocol) {
    case 'devices':
      return stanza('devices', {}, deviceList(world, number));
    case 'lid':
      return stanza('lid', { val: userJid(number, 'lid') });
    case 'status':
      return stanza('status', { t: unixSeconds() }, Buffer.from('At the sandbox'));
    case 'disappearing_mode':
      return stanza('disappearing_mode', { duration: '0', t: '0' });
    default:
      return undefined;
  }
}

function deviceList(world: World, number: string): BinaryNode[] {
  const devices = world.directory
    .person(number)
    .devices.map(({ id }) =>
      stanza('device', { id: id.toString(), 'key-index': id === 0 ? undefined : id.toString() }),
    );
  return [stanza('device-list', {}, devices), stanza('key-index-list', { ts: unixSeconds() })];
}

export const usyncIqs: IqTable = { 'get usync': answerUsync };
