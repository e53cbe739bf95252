import type { BinaryNode, proto } from '@pombo/whatsapp/protocol';
import { ClientDevice } from '../people/client-device.js';
import { stanza } from '../wire/stanza.js';
import type { ClientConnection } from '../wire/client-connection.js';
import type { World } from '../world.js';
import { ClientSession } from './client-session.js';

/** What a connection has become once its client said who it is. */
interface Occupant {
  refuses(): boolean;
  onStanza(node: BinaryNode): void | Promise<void>;
  onClose(): void;
}

const UNLINKED = '401';

/** Takes a new connection: a client that wants to be paired, or a device that logs in. */
export function admitClient(world: World, connection: ClientConnection): void {
  const { connections } = world.counters.values;
  connections.opened += 1;
  let occupant: Occupant | undefined;
  connection.start({
    onClient: (payload, noiseKey) => {
      if (world.faults.ignoresLogin()) return connection.freeze();
      occupant = payload.devicePairingData
        ? register(world, connection, noiseKey, payload.devicePairingData)
        : logIn(world, connection, payload, noiseKey);
    },
    refuses: () => occupant?.refuses() ?? false,
    onStanza: (node) => occupant?.onStanza(node),
    onClose: () => {
      world.counters.values.connections.closed += 1;
      occupant?.onClose();
    },
  });
}

function register(
  world: World,
  connection: ClientConnection,
  noiseKey: Buffer,
  data: proto.ClientPayload.IDevicePairingRegistrationData,
): Occupant | undefined {
  const refusal = world.faults.loginRefusal();
  if (refusal !== undefined) return refuse(world, connection, refusal);
  world.counters.values.registrations += 1;
  const registration = world.pairing.register(connection, noiseKey, data);
  return {
    refuses: () => false,
    onStanza: (node) => registration.onStanza(node),
    onClose: () => world.pairing.forget(registration),
  };
}

function logIn(
  world: World,
  connection: ClientConnection,
  payload: proto.ClientPayload,
  noiseKey: Buffer,
): Occupant | undefined {
  const refusal = world.faults.loginRefusal();
  if (refusal !== undefined) return refuse(world, connection, refusal);
  const device = world.directory.find(String(payload.username))?.device(payload.device ?? 0);
  const isGenuine = device instanceof ClientDevice && !device.loggedOut && device.noiseKey.equals(noiseKey);
  if (!isGenuine) return refuse(world, connection, UNLINKED);
  world.counters.values.logins.accepted += 1;
  const session = new ClientSession(world, device, connection);
  session.open();
  return session;
}

function refuse(world: World, connection: ClientConnection, reason: string): undefined {
  world.counters.values.logins.refused += 1;
  connection.send(stanza('failure', { reason, location: 'sandbox' }));
  connection.close();
}
