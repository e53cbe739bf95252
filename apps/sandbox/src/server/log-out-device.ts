import type { ClientDevice } from '../people/client-device.js';
import { announceDevices } from '../phones/notify-correspondents.js';
import { stanza } from '../wire/stanza.js';
import type { World } from '../world.js';

/** The phone unlinks a device: its session ends and later logins are refused. */
export function logOutDevice(world: World, device: ClientDevice): void {
  device.loggedOut = true;
  const user = world.directory.find(device.number);
  if (user?.remove(device.id)) announceDevices(user, 'remove', [device.id]);
  device.session?.end(stanza('stream:error', { code: '401' }, [stanza('conflict', { type: 'device_removed' })]));
  world.changed();
}
