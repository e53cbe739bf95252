import { generateParticipantHashV2, type BinaryNode } from '@pombo/whatsapp/protocol';
import type { ClientDevice } from '../people/client-device.js';
import { parseDeviceJid, type AddressForm } from '../people/device-address.js';
import type { World } from '../world.js';
import { addressees } from './addressees.js';

/**
 * The hash the server puts in an ack when a message to a person wasn't encrypted for exactly the devices there are.
 * @returns undefined when none was missed, and for resends, groups and peer messages.
 */
export function missedDevicesHash(world: World, sender: ClientDevice, message: BinaryNode): string | undefined {
  const { to, device_fanout: fanout, category } = message.attrs;
  const address = parseDeviceJid(to);
  if (!address || address.device !== 0 || fanout === 'false' || category === 'peer') return undefined;
  if (!world.directory.exists(address.number)) return undefined;
  const expected = [
    ...devicesOf(world, address.number, address.form, sender),
    ...(address.number === sender.number ? [] : devicesOf(world, sender.number, address.form, sender)),
  ];
  const sent = new Set(addressees(message).map(({ jid }) => jid));
  const isComplete = sent.size === expected.length && expected.every((jid) => sent.has(jid));
  return isComplete ? undefined : generateParticipantHashV2(expected);
}

function devicesOf(world: World, number: string, form: AddressForm, sender: ClientDevice): string[] {
  const user = world.directory.person(number);
  return user.devices.filter((device) => device !== sender).map((device) => device.jid(form));
}
