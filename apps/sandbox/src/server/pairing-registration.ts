import { getBinaryNodeChild, S_WHATSAPP_NET, type BinaryNode, type proto } from '@pombo/whatsapp/protocol';
import { randomBytes } from 'node:crypto';
import type { ClientKeys } from '../people/client-device.js';
import { asBuffer, bigEndianToNumber, bytesOf, iqError, iqResult, stanza } from '../wire/stanza.js';
import type { ClientConnection } from '../wire/client-connection.js';
import { within } from '../within.js';

const REFS = 6;
const ANSWER_TIMEOUT_MS = 15_000;

/** A request the client makes while it is being paired; undefined when it isn't one that is answered here. */
export type PairingRequestHandler = (request: BinaryNode) => BinaryNode[] | undefined;

/** A connection that isn't logged in: it shows QR codes or a pairing code and waits for a phone. */
export class PairingRegistration {
  readonly refs = Array.from({ length: REFS }, () => randomBytes(32).toString('base64url'));
  readonly keys: ClientKeys;
  readonly noiseKey: Buffer;
  readonly #connection: ClientConnection;
  readonly #onRequest: PairingRequestHandler;
  readonly #answers = new Map<string, (answer: BinaryNode) => void>();

  constructor(
    connection: ClientConnection,
    noiseKey: Buffer,
    data: proto.ClientPayload.IDevicePairingRegistrationData,
    onRequest: PairingRequestHandler,
  ) {
    this.#connection = connection;
    this.#onRequest = onRequest;
    this.noiseKey = noiseKey;
    this.keys = parseKeys(data);
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** Gives the client what it makes its QR codes from. */
  offerRefs(): void {
    const refs = this.refs.map((ref) => stanza('ref', {}, Buffer.from(ref)));
    this.send(request([stanza('pair-device', {}, refs)]));
  }

  send(node: BinaryNode): void {
    this.#connection.send(node);
  }

  /** Sends an iq and waits for the client's result. @throws when none comes in 15 s. */
  async ask(content: BinaryNode[]): Promise<BinaryNode> {
    const iq = request(content);
    const id = iq.attrs.id ?? '';
    const answer = new Promise<BinaryNode>((resolve) => this.#answers.set(id, resolve));
    this.send(iq);
    try {
      return await within(answer, ANSWER_TIMEOUT_MS, 'client did not answer');
    } finally {
      this.#answers.delete(id);
    }
  }

  /** The client is to come back and log in. */
  restart(): void {
    this.send(stanza('stream:error', { code: '515' }));
    this.#connection.close();
  }

  onStanza(node: BinaryNode): void {
    if (node.tag !== 'iq') return;
    if (node.attrs.type === 'result') this.#answers.get(node.attrs.id ?? '')?.(node);
    if (node.attrs.type === 'get' || node.attrs.type === 'set') this.#answerRequest(node);
  }

  #answerRequest(iq: BinaryNode): void {
    const isPing = iq.attrs.xmlns === 'w:p';
    const content = isPing ? [] : this.#onRequest(iq);
    this.send(content ? iqResult(iq, content) : iqError(iq, 501, 'feature-not-implemented'));
  }
}

function request(content: BinaryNode[]): BinaryNode {
  const id = randomBytes(8).toString('hex');
  return stanza('iq', { from: S_WHATSAPP_NET, type: 'set', id, xmlns: 'md' }, content);
}

function parseKeys(data: proto.ClientPayload.IDevicePairingRegistrationData): ClientKeys {
  const { eRegid, eIdent, eSkeyId, eSkeyVal, eSkeySig } = data;
  if (!eRegid || !eIdent || !eSkeyId || !eSkeyVal || !eSkeySig) throw new Error('registration lacks keys');
  return {
    registrationId: bigEndianToNumber(eRegid),
    identityKey: asBuffer(eIdent),
    signedPreKey: {
      keyId: bigEndianToNumber(eSkeyId),
      publicKey: asBuffer(eSkeyVal),
      signature: asBuffer(eSkeySig),
    },
  };
}

/** Bytes of the client's signed answer to `pair-success`. */
export function signedAnswer(answer: BinaryNode): Buffer | undefined {
  return bytesOf(getBinaryNodeChild(getBinaryNodeChild(answer, 'pair-device-sign'), 'device-identity'));
}
