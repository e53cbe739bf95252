/** Messages from phones the sandbox plays to linked devices that are real clients. */
import { encodeWAMessage, generateMessageIDV2, type BinaryNode, type proto } from '@pombo/whatsapp/protocol';
import type { ClientDevice } from '../people/client-device.js';
import { userJid, type AddressForm } from '../people/device-address.js';
import type { PlayedDevice } from '../people/played-device.js';
import { parseRetryBundle } from '../signal/key-bundle.js';
import { unixSeconds } from '../unix-seconds.js';
import { stanza, type StanzaAttributes } from '../wire/stanza.js';
import type { World } from '../world.js';

const CONFIRMATION_TIMEOUT_MS = 30_000;

export interface OutgoingMessage {
  readonly author: PlayedDevice;
  readonly to: ClientDevice;
  readonly form: AddressForm;
  readonly message: proto.IMessage;
  /** More attributes for the stanza. */
  readonly attributes?: StanzaAttributes;
}

/**
 * Writes a message and waits until the client confirmed it. One it can't read is written again, in a fresh session.
 * @returns the message id.
 * @throws when there is no confirmation in 30 s.
 */
export async function writeToClient(world: World, outgoing: OutgoingMessage): Promise<string> {
  const id = generateMessageIDV2();
  const confirmed = new Promise<void>((resolve, reject) => {
    world.replies.wait(id, {
      confirmed: resolve,
      refused: (code) => reject(new Error(`message was not confirmed: ${code}`)),
      askedAgain: (receipt) => void write(world, outgoing, id, receipt).catch(reject),
    });
  });
  await write(world, outgoing, id);
  world.tasks.after(CONFIRMATION_TIMEOUT_MS, () => world.replies.giveUp(id, 'timeout'));
  await confirmed;
  return id;
}

async function write(world: World, outgoing: OutgoingMessage, id: string, retry?: BinaryNode): Promise<void> {
  const { author, to } = outgoing;
  const { type, bytes } = await author.inTurn(async () => {
    if (retry || !author.signal.hasSession(to.number, to.id)) {
      const bundle = (retry && parseRetryBundle(retry)) ?? to.takeBundle();
      await author.signal.startSession(to.number, to.id, bundle);
    }
    return author.signal.encrypt(to.number, to.id, encodeWAMessage(outgoing.message));
  });
  world.changed();
  to.deliver(stanza('message', envelope(outgoing, id), [stanza('enc', { v: '2', type }, bytes)]));
}

function envelope({ author, form, attributes }: OutgoingMessage, id: string): StanzaAttributes {
  const other = form === 'pn' ? 'sender_lid' : 'sender_pn';
  return {
    from: author.jid(form),
    [other]: userJid(author.number, form === 'pn' ? 'lid' : 'pn'),
    id,
    type: 'text',
    t: unixSeconds(),
    notify: 'Sandbox',
    ...attributes,
  };
}
