import type { PlayedDevice } from '../people/played-device.js';
import { bundleNodes, registrationNode } from '../signal/key-bundle.js';
import { unixSeconds } from '../unix-seconds.js';
import { stanza } from '../wire/stanza.js';
import type { World } from '../world.js';
import type { Arrival } from './arrival.js';
import { receiptOrigin } from './send-receipts.js';

const MAX_RETRIES = 5;
/** From the second request on, the device sends its keys along. */
const FIRST_RETRY_WITH_KEYS = 2;

/** Asks the sender for a message again that could not be read. */
export function sendRetryReceipt(world: World, device: PlayedDevice, arrival: Arrival): void {
  const count = device.countRetry(arrival.id);
  if (count > MAX_RETRIES) return;
  const { id, sender } = arrival;
  const t = unixSeconds();
  const isOwnCopy = sender.number === device.number;
  const attributes = { id, type: 'retry', t, recipient: isOwnCopy ? arrival.stanza.attrs.to : undefined };
  const bundle = device.takeBundle();
  const content = [
    stanza('retry', { count: count.toString(), id, t, v: '1', error: '0' }),
    registrationNode(bundle.registrationId),
    ...(count >= FIRST_RETRY_WITH_KEYS ? [stanza('keys', {}, bundleNodes(bundle))] : []),
  ];
  world.counters.values.retryReceiptsSent += 1;
  world.tasks.after(world.options.receiptDelayMs, () =>
    sender.deliver(stanza('receipt', { ...receiptOrigin(device, arrival), ...attributes }, content)),
  );
}
