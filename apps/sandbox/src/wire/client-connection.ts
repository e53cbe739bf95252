import { decodeBinaryNode, encodeBinaryNode, type BinaryNode, type proto } from '@pombo/whatsapp/protocol';
import type { WebSocket } from 'ws';
import type { NoiseIdentity } from '../identity/noise-certificate.js';
import { reasonOf, type SandboxLogger } from '../sandbox-logger.js';
import { frame, FrameSplitter } from './frame-splitter.js';
import { NoiseResponder, type NoiseTransport } from './noise-responder.js';

export interface ConnectionHandlers {
  /** The handshake is done and the client said who it is. */
  onClient(payload: proto.ClientPayload, staticKey: Buffer): void;
  /** Whether what arrives now comes too late; what had arrived before and was not dealt with yet does not. */
  refuses(): boolean;
  onStanza(node: BinaryNode): void | Promise<void>;
  onClose(): void;
}

/** One WebSocket of a client: handshake first, then stanzas, handed on one at a time in the order they arrived. */
export class ClientConnection {
  readonly #socket: WebSocket;
  readonly #responder: NoiseResponder;
  readonly #logger: SandboxLogger;
  readonly #splitter = new FrameSplitter();
  #transport: NoiseTransport | undefined;
  #handlers: ConnectionHandlers | undefined;
  #greeted = false;
  #frozen = false;
  #tail: Promise<void> = Promise.resolve();

  constructor(socket: WebSocket, identity: NoiseIdentity, logger: SandboxLogger) {
    this.#socket = socket;
    this.#responder = new NoiseResponder(identity);
    this.#logger = logger;
  }

  start(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    this.#socket.on('message', (data: Buffer) => this.#receive(data));
    this.#socket.on('close', () => this.#afterAll(() => handlers.onClose()));
    this.#socket.on('error', (error) => this.#logger.debug('socket failed', { reason: reasonOf(error) }));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(node: BinaryNode): void {
    if (!this.#transport || !this.isOpen || this.#frozen) return;
    this.#socket.send(frame(this.#transport.encrypt(encodeBinaryNode(node))));
  }

  /** Ends politely; what the client had already written is still read. */
  close(): void {
    this.#socket.close();
  }

  /** Stays open, but nothing is heard or answered any more. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Ends as a pulled cable does. */
  cut(): void {
    this.#socket.terminate();
  }

  #receive(data: Buffer): void {
    if (this.#frozen) return;
    try {
      for (const payload of this.#splitter.push(data)) this.#take(payload);
    } catch (error) {
      this.#logger.warn('connection refused', { reason: reasonOf(error) });
      this.cut();
    }
  }

  #take(payload: Buffer): void {
    if (this.#transport) {
      this.#enqueue(this.#transport.decrypt(payload));
    } else if (this.#greeted) {
      const client = this.#responder.acceptFinish(payload);
      this.#transport = client.transport;
      this.#handlers?.onClient(client.payload, client.staticKey);
    } else {
      this.#greeted = true;
      this.#socket.send(frame(this.#responder.answerHello(payload)));
    }
  }

  #enqueue(plaintext: Buffer): void {
    if (this.#handlers?.refuses()) return;
    this.#afterAll(async () => this.#handlers?.onStanza(await decodeBinaryNode(plaintext)));
  }

  /** What had arrived before is dealt with first. */
  #afterAll(work: () => void | Promise<void>): void {
    this.#tail = this.#tail
      .then(work)
      .catch((error: unknown) => this.#logger.warn('stanza could not be handled', { reason: reasonOf(error) }));
  }
}
