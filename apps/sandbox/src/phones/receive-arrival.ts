import type { proto } from '@pombo/whatsapp/protocol';
import { findMedia } from '../media/find-media.js';
import type { PlayedDevice } from '../people/played-device.js';
import type { ReceivedMessage } from '../people/received-message.js';
import type { User } from '../people/user.js';
import { reasonOf } from '../sandbox-logger.js';
import type { World } from '../world.js';
import type { Arrival } from './arrival.js';
import { decryptArrival } from './decrypt-arrival.js';
import { sendReceipts } from './send-receipts.js';
import { sendRetryReceipt } from './send-retry-receipt.js';

/** Gives a message to a device, now or when its owner is back. */
export function receiveArrival(world: World, user: User, device: PlayedDevice, arrival: Arrival): void {
  if (world.faults.isAbsent(user.number)) {
    world.held.hold(user.number, () => receiveArrival(world, user, device, arrival));
    return;
  }
  device
    .inTurn(() => openArrival(world, user, device, arrival))
    .catch((error: unknown) => world.logger.error('arrival could not be handled', { reason: reasonOf(error) }));
}

async function openArrival(world: World, user: User, device: PlayedDevice, arrival: Arrival): Promise<void> {
  const { values } = world.counters;
  const message = noteArrival(world, user, device, arrival);
  values.arrivals += 1;
  if (device.countArrival() % world.options.decryptOneIn !== 0) {
    values.decryptsSkipped += 1;
    sendReceipts(world, device, arrival);
    return;
  }
  try {
    const content = await decryptArrival(device, arrival);
    values.decrypted += 1;
    noteContent(world, device, message, content);
    sendReceipts(world, device, arrival);
  } catch (error) {
    values.decryptFailures += 1;
    message.failures.push({ device: device.id, reason: reasonOf(error), at: Date.now() });
    world.logger.info('message could not be read', { device: device.id, reason: reasonOf(error) });
    sendRetryReceipt(world, device, arrival);
  }
  world.changed();
}

function noteArrival(world: World, user: User, device: PlayedDevice, arrival: Arrival): ReceivedMessage {
  const isNew = user.inbox.find(arrival.id) === undefined;
  const fromMe = arrival.sender.number === user.number;
  const message = user.inbox.open(arrival.id, {
    from: arrival.sender.jid(arrival.form),
    chat: arrival.group ?? (fromMe ? (arrival.stanza.attrs.to ?? '') : arrival.sender.jid(arrival.form)),
    fromMe,
    stanza: arrival.stanza,
  });
  if (isNew) world.retention.admit(user.inbox, message);
  message.arrivals.set(device.id, (message.arrivals.get(device.id) ?? 0) + 1);
  const type = arrival.ciphertexts[0]?.type;
  if (type !== undefined) message.encTypes.set(device.id, type);
  return message;
}

function noteContent(world: World, device: PlayedDevice, message: ReceivedMessage, content: proto.IMessage): void {
  const times = message.decrypted.get(device.id) ?? 0;
  message.decrypted.set(device.id, times + 1);
  if (device.isPhone && times > 0) world.counters.values.duplicates += 1;
  const shown = content.deviceSentMessage?.message ?? content;
  message.content ??= shown;
  const media = message.media ? undefined : findMedia(shown);
  if (media) message.media = world.media.inspector.check(media);
}
