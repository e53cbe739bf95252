/** What a client asks about its own account and connection. */
import { getBinaryNodeChildren } from '@pombo/whatsapp/protocol';
import { parseDeviceJid } from '../../people/device-address.js';
import { stanza } from '../../wire/stanza.js';
import { logOutDevice } from '../log-out-device.js';
import { IqRefusal } from './iq-refusal.js';
import type { IqContext, IqHandler, IqTable } from './iq-handler.js';

const nothing: IqHandler = () => [];

function setPassive({ session, child }: IqContext) {
  // The result must be on its way before what waited is sent.
  if (child?.tag === 'active') queueMicrotask(() => session.activate());
  return [];
}

function unlinkSelf({ world, session, child }: IqContext) {
  if (child?.tag !== 'remove-companion-device') throw new IqRefusal(501, 'feature-not-implemented');
  const address = parseDeviceJid(child.attrs.jid);
  if (address?.number !== session.device.number) throw new IqRefusal(403, 'forbidden');
  queueMicrotask(() => logOutDevice(world, session.device));
  return [];
}

function syncAppState({ child }: IqContext) {
  const collections = getBinaryNodeChildren(child, 'collection').map(({ attrs }) =>
    stanza('collection', { name: attrs.name, version: attrs.version, has_more_patches: 'false' }),
  );
  return [stanza('sync', {}, collections)];
}

function noPicture(): never {
  throw new IqRefusal(404, 'item-not-found');
}

export const accountIqs: IqTable = {
  'set passive': setPassive,
  'set md': unlinkSelf,
  'get w:p': nothing,
  'get abt': () => [stanza('props', { protocol: '1', hash: 'sandbox' }, [])],
  'get blocklist': () => [stanza('list', {}, [])],
  'set blocklist': nothing,
  'set urn:xmpp:whatsapp:dirty': nothing,
  'set w:sync:app:state': syncAppState,
  'get w:profile:picture': noPicture,
  'set w:profile:picture': () => [stanza('picture', { id: '1' })],
  'set status': nothing,
  'set disappearing_mode': nothing,
  'get w:biz': () => [stanza('business_profile', {}, [])],
  'get bot': () => [stanza('bot', { v: '2' }, [])],
  'set w:stats': nothing,
};
