import { proto, unpadRandomMax16 } from '@pombo/whatsapp/protocol';
import type { PlayedDevice } from '../people/played-device.js';
import { showsDeviceIdentity, type Arrival, type ArrivedCiphertext } from './arrival.js';

/** Reads everything an arrival holds for the device, in order: a sender key comes before the message it opens. */
export async function decryptArrival(device: PlayedDevice, arrival: Arrival): Promise<proto.IMessage> {
  if (arrival.ciphertexts.length === 0) throw new Error('nothing encrypted for this device');
  const message: proto.IMessage = {};
  for (const ciphertext of arrival.ciphertexts) {
    const part = proto.Message.decode(unpadRandomMax16(await decryptOne(device, arrival, ciphertext)));
    if (part.senderKeyDistributionMessage) {
      await device.signal.senderKeys.accept(arrival.sender.jid(), part.senderKeyDistributionMessage);
    }
    Object.assign(message, part);
  }
  return message;
}

function decryptOne(device: PlayedDevice, arrival: Arrival, { type, bytes }: ArrivedCiphertext): Promise<Uint8Array> {
  const { sender, group } = arrival;
  if (type === 'skmsg' && group !== undefined) return device.signal.senderKeys.decrypt(group, sender.jid(), bytes);
  if (type === 'msg') return device.signal.decrypt(sender.number, sender.id, { type, bytes });
  if (type !== 'pkmsg') return Promise.reject(new Error('unknown ciphertext type'));
  if (!showsDeviceIdentity(arrival)) return Promise.reject(new Error('device-identity is missing or wrong'));
  return device.signal.decrypt(sender.number, sender.id, { type, bytes });
}
