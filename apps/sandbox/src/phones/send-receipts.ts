import type { PlayedDevice } from '../people/played-device.js';
import { unixSeconds } from '../unix-seconds.js';
import { stanza } from '../wire/stanza.js';
import type { World } from '../world.js';
import type { Arrival } from './arrival.js';

/** After the settable delay the device confirms delivery; with `readReceipts` the phone then says it was read. */
export function sendReceipts(world: World, device: PlayedDevice, arrival: Arrival): void {
  // The sender's own phone holds a copy; it has nothing to confirm to itself.
  if (arrival.sender.number === device.number) return;
  const { receiptDelayMs, readReceipts } = world.options;
  world.tasks.after(receiptDelayMs, () => sendReceipt(world, device, arrival));
  if (readReceipts && device.isPhone) {
    world.tasks.after(2 * receiptDelayMs + 1, () => sendReceipt(world, device, arrival, 'read'));
  }
}

function sendReceipt(world: World, device: PlayedDevice, arrival: Arrival, type?: string): void {
  const { id, sender } = arrival;
  world.counters.values.receiptsSent += 1;
  sender.deliver(stanza('receipt', { ...receiptOrigin(device, arrival), id, type, t: unixSeconds() }));
}

/** Who a receipt says it is from: the device, or the group with the device as participant. */
export function receiptOrigin(device: PlayedDevice, { form, group }: Arrival): { from: string; participant?: string } {
  const jid = device.jid(form);
  return group === undefined ? { from: jid } : { from: group, participant: jid };
}
