import { isJidNewsletter, type BinaryNode } from '@pombo/whatsapp/protocol';
import { parseDeviceJid } from '../people/device-address.js';
import type { World } from '../world.js';
import { acknowledgeMessage, refuseMessage } from './acknowledge-message.js';
import { addressees } from './addressees.js';
import type { StanzaSource } from './stanza-source.js';
import { deliverMessage } from './deliver-message.js';
import { deliverGroupMessage } from './deliver-group-message.js';
import type { JournalAnswer } from './message-journal.js';
import { missedDevicesHash } from './missed-devices-hash.js';

/** What the server does with a `<message>`: refuse it, or deliver it and then acknowledge it. */
export function routeMessage(world: World, session: StanzaSource, message: BinaryNode): void {
  world.counters.values.messages.received += 1;
  const answer = handle(world, session, message);
  const { id = '', to = '' } = message.attrs;
  world.journal.note({ id, to, answer, device: session.device.jid('pn'), login: session.login });
}

function handle(world: World, session: StanzaSource, message: BinaryNode): JournalAnswer {
  const number = parseDeviceJid(message.attrs.to)?.number;
  if (world.faults.swallows(number)) {
    world.counters.values.messages.swallowed += 1;
    return 'swallowed';
  }
  const nackCode = world.faults.nackCode(number);
  if (nackCode !== undefined) {
    refuseMessage(world, session, message, nackCode);
    return 'refused';
  }
  deliver(world, session, message);
  if (world.faults.cutsConnection()) {
    session.cut();
    return 'cut';
  }
  const phash = missedDevicesHash(world, session.device, message);
  return acknowledgeMessage(world, session, message, { number, phash }) ? 'acked' : 'ack-dropped';
}

function deliver(world: World, session: StanzaSource, message: BinaryNode): void {
  const { id = '', to = '' } = message.attrs;
  if (isJidNewsletter(to)) {
    world.newsletters.publish(to, { id, from: session.device.jid(), stanza: message });
    return;
  }
  const group = world.groups.find(to);
  if (group) {
    deliverGroupMessage(world, session.device, message, group);
    return;
  }
  for (const { jid, enc } of addressees(message)) deliverMessage(world, session.device, message, { jid, encs: [enc] });
}
