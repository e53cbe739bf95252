/** What senders hear when somebody's keys or devices change. */
import { generateMessageIDV2, type BinaryNode } from '@pombo/whatsapp/protocol';
import type { ClientDevice } from '../people/client-device.js';
import { deviceJid, type AddressForm } from '../people/device-address.js';
import type { User } from '../people/user.js';
import { unixSeconds } from '../unix-seconds.js';
import { stanza } from '../wire/stanza.js';

export function notifyClient(client: ClientDevice, type: string, from: string, content: BinaryNode[]): void {
  client.deliver(stanza('notification', { from, type, id: generateMessageIDV2(), t: unixSeconds() }, content));
}

/** Somebody installed WhatsApp again. */
export function announceIdentity(user: User): void {
  for (const [client, form] of user.correspondents) {
    notifyClient(client, 'encrypt', user.jid(form), [stanza('identity')]);
  }
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
