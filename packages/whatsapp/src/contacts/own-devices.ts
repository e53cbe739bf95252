/** The other devices of this account: each message is encrypted for them too. */
import { type AuthenticationCreds, jidDecode, jidNormalizedUser } from '@whiskeysockets/baileys';
import type { Acquaintances } from './acquaintances.js';
import type { Ask } from './ask.js';
import type { DeviceListCache } from './device-list-cache.js';
import { listDevices } from './look-up-contacts.js';

/** @returns a function that makes sure they can be written to; asks once, until something changes. */
export function createOwnDevices(
  creds: AuthenticationCreds,
  deviceLists: DeviceListCache,
  acquaintances: Acquaintances,
  ask: Ask,
): () => Promise<void> {
  let asking: Promise<void> | undefined;

  const find = async (): Promise<void> => {
    const own = jidNormalizedUser(creds.me?.id);
    const lid = creds.me?.lid;
    const askingDevice = String(jidDecode(creds.me?.id)?.device ?? 0);
    const [answer] = await ask((socket) => listDevices(socket, [own]));
    const others = (answer?.devices ?? '').split(' ').filter((id) => id !== askingDevice);
    const devices = await acquaintances.meet(own, others.join(' '));
    deviceLists.setOwn(lid === undefined ? [own] : [own, jidNormalizedUser(lid)], devices);
  };

  return async () => {
    if (deviceLists.hasOwn) return;
    asking ??= find().finally(() => (asking = undefined));
    await asking;
  };
}
