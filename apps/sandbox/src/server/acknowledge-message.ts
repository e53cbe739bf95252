import type { BinaryNode } from '@pombo/whatsapp/protocol';
import { unixSeconds } from '../unix-seconds.js';
import { stanza } from '../wire/stanza.js';
import type { World } from '../world.js';
import type { StanzaSource } from './stanza-source.js';

/** Some hash no set of devices has. */
const FOREIGN_PHASH = '2:nomatch';

function ackOf(message: BinaryNode, attributes: { error?: string; phash?: string | undefined }): BinaryNode {
  const { id, to, participant } = message.attrs;
  return stanza('ack', { class: 'message', id, from: to, participant, t: unixSeconds(), ...attributes });
}

export function refuseMessage(world: World, session: StanzaSource, message: BinaryNode, error: string): void {
  world.counters.values.messages.nacked += 1;
  session.send(ackOf(message, { error }));
}

/**
 * @param number recipient's number, when it is a person.
 * @param phash of the devices the message should have gone to, when the sender missed some.
 * @returns false when a fault kept the ack back for good.
 */
export function acknowledgeMessage(
  world: World,
  session: StanzaSource,
  message: BinaryNode,
  { number, phash }: { number: string | undefined; phash: string | undefined },
): boolean {
  const { values } = world.counters;
  if (world.faults.dropsAck(number)) {
    values.messages.acksDropped += 1;
    return false;
  }
  const { delayAcksMs = 0, ackPhash } = world.faults.current;
  const ack = ackOf(message, { phash: ackPhash === true ? FOREIGN_PHASH : (ackPhash ?? phash) });
  const send = (): void => {
    values.messages.acked += 1;
    session.send(ack);
  };
  if (delayAcksMs > 0) world.tasks.after(delayAcksMs, send);
  else send();
  return true;
}
