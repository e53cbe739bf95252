import type { ClientDevice } from '../people/client-device.js';
import type { DeviceSession } from '../people/device-session.js';
import { logOutDevice } from '../server/log-out-device.js';
import { stanza } from '../wire/stanza.js';
import type { World } from '../world.js';

export interface LinkedDevice {
  readonly jid: string;
  readonly lid: string;
  readonly connected: boolean;
  /** Stanzas the device has not confirmed yet. */
  readonly unconfirmed: number;
}

export interface ConnectionControls {
  /** Linked devices that are real clients. */
  devices(): LinkedDevice[];
  /** Cuts the socket of one device, or of all, as a pulled cable does. @returns how many were cut. */
  cutConnections(deviceJid?: string): number;
  /**
   * Leaves the socket of one device, or of all, open but hears and answers nothing on it any more; a new one is as ever.
   * @returns how many were frozen.
   */
  freezeConnections(deviceJid?: string): number;
  /** Ends a device's session with `stream:error`. @returns whether it was connected. */
  closeStream(deviceJid: string, code: string | number): boolean;
  /** Unlinks a device from its phone: 401 now and at every later login. */
  logOut(deviceJid: string): void;
  /** Ends a session as if the device had logged in elsewhere. @returns whether it was connected. */
  replaceSession(deviceJid: string): boolean;
}

export function connectionControls(world: () => World): ConnectionControls {
  const device = (jid: string): ClientDevice => world().directory.clientDevice(jid);
  const ofThose = (jid: string | undefined, act: (session: DeviceSession) => void): number => {
    const devices = jid === undefined ? world().directory.clientDevices() : [device(jid)];
    const sessions = devices.map(({ session }) => session).filter((session) => session !== undefined);
    sessions.forEach(act);
    return sessions.length;
  };
  return {
    devices: () => world().directory.clientDevices().map(describe),
    cutConnections: (jid) => ofThose(jid, (session) => session.cut()),
    freezeConnections: (jid) => ofThose(jid, (session) => session.freeze()),
    closeStream: (jid, code) => {
      const { session } = device(jid);
      session?.end(stanza('stream:error', { code: code.toString() }));
      return session !== undefined;
    },
    logOut: (jid) => logOutDevice(world(), device(jid)),
    replaceSession: (jid) => {
      const { session } = device(jid);
      session?.replace();
      return session !== undefined;
    },
  };
}

function describe(device: ClientDevice): LinkedDevice {
  const connected = device.session !== undefined;
  return { jid: device.jid(), lid: device.jid('lid'), connected, unconfirmed: device.outbox.size };
}
