/** Keys: how many the server holds of the client's own, uploads of more, and bundles of other devices. */
import {
  Curve,
  generateSignalPubKey,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  S_WHATSAPP_NET,
} from '@pombo/whatsapp/protocol';
import type { BinaryNode } from '@pombo/whatsapp/protocol';
import { bump } from '../../counters.js';
import { ClientDevice } from '../../people/client-device.js';
import { parseDeviceJid } from '../../people/device-address.js';
import { notifyClient } from '../../phones/notify-correspondents.js';
import { bundleNodes, parsePreKey, parseSignedPreKey, registrationNode } from '../../signal/key-bundle.js';
import { bigEndianToNumber, requireBytes, stanza } from '../../wire/stanza.js';
import type { World } from '../../world.js';
import { IqRefusal } from './iq-refusal.js';
import type { IqContext, IqTable } from './iq-handler.js';

function getKeys(context: IqContext): BinaryNode[] {
  const { session, child } = context;
  if (child?.tag === 'count') return [stanza('count', { value: session.device.announcedPreKeys.toString() })];
  if (child?.tag === 'digest') return [stanza('digest', {}, [registrationNode(session.device.keys.registrationId)])];
  if (child?.tag === 'key') return [fetchBundles(context)];
  throw new IqRefusal(501, 'feature-not-implemented');
}

function fetchBundles({ world, child }: IqContext): BinaryNode {
  const users = getBinaryNodeChildren(child, 'user');
  const { keyFetches } = world.counters.values;
  keyFetches.requests += 1;
  const numbers = new Set(users.flatMap(({ attrs }) => parseDeviceJid(attrs.jid)?.number ?? []));
  for (const number of numbers) bump(keyFetches.requestsByRecipient, number);
  return stanza(
    'list',
    {},
    users.map((user) => bundleOf(world, user.attrs.jid ?? '')),
  );
}

function bundleOf(world: World, jid: string): BinaryNode {
  const address = parseDeviceJid(jid);
  const user = address && world.directory.exists(address.number) ? world.directory.person(address.number) : undefined;
  const device = address && user?.device(address.device);
  if (!device) return stanza('user', { jid }, [stanza('error', { code: '404', text: 'item-not-found' })]);
  const { keyFetches } = world.counters.values;
  keyFetches.devices += 1;
  bump(keyFetches.byRecipient, device.number);
  world.changed();
  const bundle = device.takeBundle();
  if (device instanceof ClientDevice && device.isLowOnPreKeys) announceLowStock(device);
  return stanza('user', { jid }, [registrationNode(bundle.registrationId), ...bundleNodes(bundle)]);
}

function announceLowStock(device: ClientDevice): void {
  notifyClient(device, 'encrypt', S_WHATSAPP_NET, [stanza('count', { value: device.preKeys.length.toString() })]);
}

function setKeys({ world, session, iq, child }: IqContext): BinaryNode[] {
  const { device } = session;
  const signedNode = getBinaryNodeChild(child?.tag === 'rotate' ? child : iq, 'skey');
  if (!signedNode) throw new IqRefusal(400, 'bad-request');
  const identityKey = child?.tag === 'rotate' ? device.keys.identityKey : requireBytes(iq, 'identity');
  const signedPreKey = parseSignedPreKey(signedNode);
  if (!isSignedBy(identityKey, signedPreKey)) throw new IqRefusal(406, 'not-acceptable');
  const registration = getBinaryNodeChild(iq, 'registration');
  const registrationId = registration
    ? bigEndianToNumber(requireBytes(iq, 'registration'))
    : device.keys.registrationId;
  device.keys = { registrationId, identityKey, signedPreKey };
  const preKeys = getBinaryNodeChildren(getBinaryNodeChild(iq, 'list'), 'key').map(parsePreKey);
  device.preKeys.push(...preKeys);
  world.counters.values.preKeysUploaded += preKeys.length;
  world.changed();
  return [];
}

function isSignedBy(identityKey: Buffer, { publicKey, signature }: ReturnType<typeof parseSignedPreKey>): boolean {
  return Curve.verify(identityKey, generateSignalPubKey(publicKey), signature);
}

export const encryptIqs: IqTable = { 'get encrypt': getKeys, 'set encrypt': setKeys };
