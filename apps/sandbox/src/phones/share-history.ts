import { deflateSync } from 'node:zlib';
import { proto } from '@pombo/whatsapp/protocol';
import type { ClientDevice } from '../people/client-device.js';
import { reasonOf } from '../sandbox-logger.js';
import type { World } from '../world.js';
import { writeToClient } from './write-to-client.js';

/**
 * The phone hands its (empty) history to a device it has just linked, as real phones do: until it arrives, Baileys
 * holds back its events for 20 s.
 */
export function shareHistory(world: World, to: ClientDevice): void {
  const author = world.directory.account(to.number).phone;
  const { INITIAL_BOOTSTRAP } = proto.HistorySync.HistorySyncType;
  const history = proto.HistorySync.encode({ syncType: INITIAL_BOOTSTRAP, chunkOrder: 1, progress: 100 }).finish();
  const historySyncNotification = {
    syncType: INITIAL_BOOTSTRAP,
    chunkOrder: 1,
    progress: 100,
    initialHistBootstrapInlinePayload: deflateSync(history),
  };
  const type = proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION;
  const message = { protocolMessage: { type, historySyncNotification } };
  writeToClient(world, { author, to, form: 'pn', message, attributes: { category: 'peer' } }).catch((error: unknown) =>
    world.logger.debug('history was not confirmed', { reason: reasonOf(error) }),
  );
}
