import { getBinaryNodeChild, type BinaryNode } from '@pombo/whatsapp/protocol';
import { ClientDevice } from '../people/client-device.js';
import { parseDeviceJid, type DeviceAddress } from '../people/device-address.js';
import { parseEnc } from '../phones/arrival.js';
import { receiveArrival } from '../phones/receive-arrival.js';
import { unixSeconds } from '../unix-seconds.js';
import { stanza } from '../wire/stanza.js';
import type { World } from '../world.js';

export interface Delivery {
  /** Jid of the device. */
  readonly jid: string;
  /** `<enc>` nodes meant for it. */
  readonly encs: readonly BinaryNode[];
  readonly group?: string;
}

/** Brings a message to one device: one the sandbox plays, or another client. */
export function deliverMessage(world: World, sender: ClientDevice, message: BinaryNode, delivery: Delivery): void {
  const address = parseDeviceJid(delivery.jid);
  const user = address && world.directory.exists(address.number) ? world.directory.person(address.number) : undefined;
  const device = address && user?.device(address.device);
  if (!address || !user || !device) {
    world.counters.values.messages.undeliverable += 1;
    return;
  }
  if (user.number !== sender.number) user.correspondents.set(sender, address.form);
  if (device instanceof ClientDevice) {
    device.deliver(forward(sender, message, delivery, address));
    return;
  }
  const ciphertexts = delivery.encs.map(parseEnc);
  const { group } = delivery;
  const id = message.attrs.id ?? '';
  const arrival = { id, sender, form: address.form, stanza: message, ciphertexts, ...(group ? { group } : {}) };
  receiveArrival(world, user, device, arrival);
}

/** The stanza another client gets. */
function forward(sender: ClientDevice, message: BinaryNode, { encs, group }: Delivery, to: DeviceAddress): BinaryNode {
  const { id, type, edit, to: destination } = message.attrs;
  const from = sender.jid(to.form);
  const isOwnCopy = sender.number === to.number;
  const identity = getBinaryNodeChild(message, 'device-identity');
  const origin = group === undefined ? { from } : { from: group, participant: from };
  const recipient = isOwnCopy && group === undefined ? destination : undefined;
  const alternative = sender.jid(to.form === 'pn' ? 'lid' : 'pn');
  const names = to.form === 'pn' ? { sender_lid: alternative } : { sender_pn: alternative };
  return stanza('message', { ...origin, ...names, recipient, id, type, edit, t: unixSeconds(), notify: 'Sandbox' }, [
    ...encs,
    ...(identity ? [identity] : []),
  ]);
}
