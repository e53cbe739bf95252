import type { BinaryNode } from '@pombo/whatsapp/protocol';
import { bump } from '../counters.js';
import type { ClientDevice } from '../people/client-device.js';
import type { DeviceSession } from '../people/device-session.js';
import { shareHistory } from '../phones/share-history.js';
import { unixSeconds } from '../unix-seconds.js';
import { stanza } from '../wire/stanza.js';
import type { ClientConnection } from '../wire/client-connection.js';
import type { World } from '../world.js';
import { answerIq } from './iq/answer-iq.js';
import { noteTyping } from './note-typing.js';
import { routeMessage } from './route-message.js';
import type { StanzaSource } from './stanza-source.js';

const REPLACED = stanza('stream:error', {}, [stanza('conflict', { type: 'replaced' })]);

/** A logged-in connection of one device. `waiting` until the client asks for what it missed, then `active`; `over` for good. */
export class ClientSession implements DeviceSession, StanzaSource {
  readonly device: ClientDevice;
  readonly login: number;
  readonly #world: World;
  readonly #connection: ClientConnection;
  #state: 'waiting' | 'active' | 'over' = 'waiting';
  #replaced = false;

  constructor(world: World, device: ClientDevice, connection: ClientConnection) {
    this.#world = world;
    this.device = device;
    this.login = world.journal.nextLogin();
    this.#connection = connection;
  }

  open(): void {
    const predecessor = this.device.session;
    this.device.session = this;
    predecessor?.replace();
    const { device } = this;
    this.send(stanza('success', { t: unixSeconds(), lid: device.jid('lid'), creation: unixSeconds() }));
    this.send(stanza('ib', {}, [edgeRouting(device)]));
  }

  send(node: BinaryNode): void {
    this.#connection.send(node);
  }

  /** Sends at once when the client is listening; else the stanza goes out with everything that waited. */
  deliver(node: BinaryNode): void {
    if (this.#state === 'active') this.send(node);
  }

  /** The client is ready for what it missed; without the closing count Baileys never flushes its events. */
  activate(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'active';
    const missed = this.device.outbox.all();
    for (const [index, node] of missed.entries()) {
      this.send({ ...node, attrs: { ...node.attrs, offline: index.toString() } });
    }
    this.send(stanza('ib', {}, [stanza('offline', { count: missed.length.toString() })]));
    if (!this.device.awaitsHistory) return;
    this.device.awaitsHistory = false;
    shareHistory(this.#world, this.device);
  }

  /** Ends the session with a stream error. */
  end(error: BinaryNode): void {
    this.send(error);
    this.#leave();
    this.#connection.close();
  }

  replace(): void {
    this.#world.counters.values.replacedSessions += 1;
    this.#replaced = true;
    this.end(REPLACED);
  }

  cut(): void {
    this.#connection.cut();
  }

  freeze(): void {
    this.#connection.freeze();
  }

  onClose(): void {
    this.#leave();
  }

  onStanza(node: BinaryNode): void | Promise<void> {
    if (this.#state === 'over' && !this.#replaced) return;
    bump(this.#world.counters.values.stanzas, node.tag);
    return this.#handle(node);
  }

  /** What a replaced socket still writes: the device's successor decides now. */
  refuses(): boolean {
    if (this.#replaced) this.#world.counters.values.refusedAfterSuccessor += 1;
    return this.#replaced;
  }

  #handle(node: BinaryNode): void | Promise<void> {
    switch (node.tag) {
      case 'iq':
        return answerIq(this.#world, this, node);
      case 'message':
        return routeMessage(this.#world, this, node);
      case 'chatstate':
        return noteTyping(this.#world, this.device, node);
      case 'receipt':
        return this.#takeReceipt(node);
      case 'ack':
        return this.#takeAck(node);
    }
  }

  #takeReceipt(node: BinaryNode): void {
    const { id, to, type, participant } = node.attrs;
    if (type === 'retry') this.#world.counters.values.retryReceiptsReceived += 1;
    else this.device.outbox.confirmMessage(id ?? '');
    this.#world.replies.onReceipt(node);
    this.send(stanza('ack', { class: 'receipt', id, from: to, type, participant }));
  }

  #takeAck(node: BinaryNode): void {
    this.device.outbox.acknowledge(node);
    if (node.attrs.class === 'message') this.#world.replies.onAck(node);
  }

  #leave(): void {
    this.#state = 'over';
    if (this.device.session === this) this.device.session = undefined;
  }
}

/** Makes the client put an `ED` header before its next handshake, as the real server does. */
function edgeRouting(device: ClientDevice): BinaryNode {
  const info = Buffer.from([0x08, device.id & 0x7f, 0x08, 0x02]);
  return stanza('edge_routing', {}, [stanza('routing_info', {}, info)]);
}
