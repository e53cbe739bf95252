/** What senders hear when somebody's keys or devices change. */
import { generateMessageIDV2, type BinaryNode } from '@pombo/whatsapp/protocol';
import type { ClientDevice } from '../people/client-device.js';
import { deviceJid, userJid, type AddressForm } from '../people/device-address.js';
import type { Group } from '../people/group-directory.js';
import type { User } from '../people/user.js';
import { unixSeconds } from '../unix-seconds.js';
import { stanza, type StanzaAttributes } from '../wire/stanza.js';
import type { World } from '../world.js';

export function notifyClient(
  client: ClientDevice,
  type: string,
  from: string,
  content: BinaryNode[],
  attributes: StanzaAttributes = {},
): void {
  const common = { from, type, id: generateMessageIDV2(), t: unixSeconds() };
  client.deliver(stanza('notification', { ...common, ...attributes }, content));
}

/** Somebody installed WhatsApp again. */
export function announceIdentity(user: User): void {
  for (const [client, form] of user.correspondents) {
    notifyClient(client, 'encrypt', user.jid(form), [stanza('identity')]);
  }
}

/** Something happened in a group: its members' clients hear of it. @param audience numbers. */
export function announceInGroup(world: World, group: Group, audience: readonly string[], change: BinaryNode): void {
  const clients = audience.flatMap((number) => world.directory.find(number)?.clients ?? []);
  const actor = userJid(group.owner, group.addressingMode);
  for (const client of clients) notifyClient(client, 'w:gp2', group.id, [change], { participant: actor });
}

/** Somebody linked or unlinked a companion. The account's own clients hear of it too. */
export function announceDevices(user: User, change: 'add' | 'remove', deviceIds: readonly number[]): void {
  const audience = new Map<ClientDevice, AddressForm>(user.correspondents);
  for (const client of user.clients) {
    if (!deviceIds.includes(client.id)) audience.set(client, 'pn');
  }
  for (const [client, form] of audience) {
    const devices = deviceIds.map((id) =>
      stanza('device', { jid: deviceJid(user.number, id, form), 'key-index': id.toString() }),
    );
    notifyClient(client, 'devices', user.jid(form), [stanza(change, { device_hash: '2:changed' }, devices)]);
  }
}
