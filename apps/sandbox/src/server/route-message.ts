import type { BinaryNode } from '@pombo/whatsapp/protocol';
import { parseDeviceJid } from '../people/device-address.js';
import type { World } from '../world.js';
import { acknowledgeMessage, refuseMessage } from './acknowledge-message.js';
import { addressees } from './addressees.js';
import type { StanzaSource } from './stanza-source.js';
import { deliverMessage } from './deliver-message.js';
import { deliverGroupMessage } from './deliver-group-message.js';
import { missedDevicesHash } from './missed-devices-hash.js';

/** What the server does with a `<message>`: refuse it, or deliver it and then acknowledge it. */
export function routeMessage(world: World, session: StanzaSource, message: BinaryNode): void {
  const { values } = world.counters;
  const number = parseDeviceJid(message.attrs.to)?.number;
  values.messages.received += 1;
  if (world.faults.swallows(number)) {
    values.messages.swallowed += 1;
    return;
  }
  const nackCode = world.faults.nackCode(number);
  if (nackCode !== undefined) return refuseMessage(world, session, message, nackCode);
  deliver(world, session, message);
  if (world.faults.cutsConnection()) return session.cut();
  acknowledgeMessage(world, session, message, { number, phash: missedDevicesHash(world, session.device, message) });
}

function deliver(world: World, session: StanzaSource, message: BinaryNode): void {
  const group = world.groups.find(message.attrs.to);
  if (group) {
    deliverGroupMessage(world, session.device, message, group);
    return;
  }
  for (const { jid, enc } of addressees(message)) deliverMessage(world, session.device, message, { jid, encs: [enc] });
}
