import { getBinaryNodeChildren, type BinaryNode } from '@pombo/whatsapp/protocol';
import type { ClientDevice } from '../people/client-device.js';
import type { Group } from '../people/group-directory.js';
import type { World } from '../world.js';
import { deliverMessage } from './deliver-message.js';
import { addressees } from './addressees.js';

/** A resend goes to the one device that asked; everything else to every device of every participant. */
export function deliverGroupMessage(world: World, sender: ClientDevice, message: BinaryNode, group: Group): void {
  const own = new Map(addressees(message).map(({ jid, enc }) => [jid, enc]));
  if (message.attrs.participant !== undefined) {
    for (const [jid, enc] of own) deliverMessage(world, sender, message, { jid, encs: [enc], group: group.id });
    return;
  }
  const shared = getBinaryNodeChildren(message, 'enc').filter((enc) => enc.attrs.type === 'skmsg');
  for (const jid of memberDevices(world, sender, group)) {
    const enc = own.get(jid);
    deliverMessage(world, sender, message, { jid, encs: enc ? [enc, ...shared] : shared, group: group.id });
  }
}

function memberDevices(world: World, sender: ClientDevice, group: Group): string[] {
  return group.participants.flatMap((number) =>
    world.directory
      .person(number)
      .devices.filter((device) => device !== sender)
      .map((device) => device.jid(group.addressingMode)),
  );
}
