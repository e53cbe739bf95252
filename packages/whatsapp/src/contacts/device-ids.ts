/**
 * A person's devices as they are remembered: ids separated by spaces, an `h` behind those that WhatsApp hosts, as in
 * `0 3 99h`. The same list serves a person's number and LID.
 */
import { isLidUser, jidDecode, jidEncode } from '@whiskeysockets/baileys';

/** A device as Baileys lists it. */
export interface ListedDevice {
  readonly user: string;
  readonly server: string;
  readonly device?: number | undefined;
}

const HOSTED = 'h';
const isHostedServer = (server: string): boolean => server.startsWith('hosted');

export function encodeDeviceIds(devices: ReadonlyArray<{ readonly id: number; readonly isHosted: boolean }>): string {
  return devices.map(({ id, isHosted }) => `${id}${isHosted ? HOSTED : ''}`).join(' ');
}

/** From Baileys' form. */
export function deviceIdsOf(listed: readonly ListedDevice[]): string {
  return encodeDeviceIds(listed.map(({ device = 0, server }) => ({ id: device, isHosted: isHostedServer(server) })));
}

/** To Baileys' form. @param jid of the person, number or LID. */
export function listDevicesOf(jid: string, ids: string): ListedDevice[] {
  const user = jidDecode(jid)?.user ?? '';
  const servers = isLidUser(jid) ? { own: 'lid', hosted: 'hosted.lid' } : { own: 's.whatsapp.net', hosted: 'hosted' };
  return ids
    .split(' ')
    .filter((id) => id !== '')
    .map((id) => ({
      user,
      device: Number.parseInt(id, 10),
      server: id.endsWith(HOSTED) ? servers.hosted : servers.own,
    }));
}

/** JIDs of a person's devices. @param jid of the person, number or LID. */
export function deviceJidsOf(jid: string, ids: string): string[] {
  return listDevicesOf(jid, ids).map(jidOfDevice);
}

export function jidOfDevice({ user, server, device }: ListedDevice): string {
  return jidEncode(user, server as Parameters<typeof jidEncode>[1], device);
}
