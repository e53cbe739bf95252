/** A client that does just enough to log in and send: a whole Baileys per session would measure the generator. */
import {
  Curve,
  encodeBinaryNode,
  encodeSignedDeviceIdentity,
  encodeWAMessage,
  generateLoginNode,
  generateMessageIDV2,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  makeNoiseHandler,
  DEFAULT_CONNECTION_CONFIG,
  NOISE_WA_HEADER,
  proto,
} from '@whiskeysockets/baileys';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { parsePreKey, parseSignedPreKey } from '../dist/signal/key-bundle.js';
import { SignalDevice } from '../dist/signal/signal-device.js';
import { silentLibraryLogger } from '../dist/signal/silent-library-logger.js';
import { bigEndianToNumber, requireBytes, stanza } from '../dist/wire/stanza.js';

export class LeanClient {
  #acks = new Map();
  #answers = new Map();
  #next = 1;

  constructor(url, creds) {
    this.url = url;
    this.creds = creds;
    this.signal = new SignalDevice({
      registrationId: creds.registrationId,
      identityKey: creds.signedIdentityKey,
      signedPreKey: creds.signedPreKey,
    });
    this.receipts = 0;
  }

  async connect() {
    const keyPair = Curve.generateKeyPair();
    this.noise = makeNoiseHandler({ keyPair, NOISE_HEADER: NOISE_WA_HEADER, logger: silentLibraryLogger });
    this.socket = new WebSocket(this.url, { perMessageDeflate: false });
    await once(this.socket, 'open');
    const hello = proto.HandshakeMessage.encode({ clientHello: { ephemeral: keyPair.public } }).finish();
    this.socket.send(this.noise.encodeFrame(hello));
    const [data] = await once(this.socket, 'message');
    let answer;
    await this.noise.decodeFrame(data, (frame) => (answer = frame));
    const key = this.noise.processHandshake(proto.HandshakeMessage.decode(answer), this.creds.noiseKey);
    const login = generateLoginNode(this.creds.me.id, DEFAULT_CONNECTION_CONFIG);
    const payload = this.noise.encrypt(proto.ClientPayload.encode(login).finish());
    const finish = proto.HandshakeMessage.encode({ clientFinish: { static: key, payload } }).finish();
    this.socket.send(this.noise.encodeFrame(finish));
    await this.noise.finishInit();
    this.socket.on('message', (bytes) => void this.noise.decodeFrame(bytes, (node) => this.#receive(node)));
    await this.query('set', 'passive', [stanza('active')]);
  }

  send(node) {
    this.socket.send(this.noise.encodeFrame(encodeBinaryNode(node)));
  }

  query(type, xmlns, content) {
    const id = `q${this.#next++}`;
    const answer = new Promise((resolve) => this.#answers.set(id, resolve));
    this.send(stanza('iq', { id, type, xmlns, to: '@s.whatsapp.net' }, content));
    return answer;
  }

  /** Begins sessions with all devices named by LID. */
  async meet(devices) {
    const users = devices.map(({ lid }) => stanza('user', { jid: lid }));
    const answer = await this.query('get', 'encrypt', [stanza('key', {}, users)]);
    const bundles = getBinaryNodeChildren(getBinaryNodeChild(answer, 'list'), 'user');
    for (const [index, node] of bundles.entries()) {
      const { number, device } = devices[index];
      await this.signal.startSession(number, device, {
        registrationId: bigEndianToNumber(requireBytes(node, 'registration')),
        identityKey: requireBytes(node, 'identity'),
        signedPreKey: parseSignedPreKey(getBinaryNodeChild(node, 'skey')),
        preKey: parsePreKey(getBinaryNodeChild(node, 'key')),
      });
    }
  }

  /** Sends and waits for the ack. */
  async sendTo(jid, devices, message) {
    const id = generateMessageIDV2(this.creds.me.id);
    const own = { deviceSentMessage: { destinationJid: jid, message } };
    const participants = [];
    for (const { number, device, isOwn, jid: deviceJid } of devices) {
      const { type, bytes } = await this.signal.encrypt(number, device, encodeWAMessage(isOwn ? own : message));
      participants.push(stanza('to', { jid: deviceJid }, [stanza('enc', { v: '2', type, mediatype: 'image' }, bytes)]));
    }
    const acked = new Promise((resolve) => this.#acks.set(id, resolve));
    this.send(
      stanza('message', { id, to: jid, type: 'media' }, [
        stanza('participants', {}, participants),
        stanza('device-identity', {}, encodeSignedDeviceIdentity(this.creds.account, true)),
      ]),
    );
    await acked;
  }

  close() {
    this.socket.terminate();
  }

  #receive(node) {
    if (node instanceof Uint8Array) return;
    const { tag, attrs } = node;
    if (tag === 'ack') this.#settle(this.#acks, attrs.id, node);
    if (tag === 'iq') this.#settle(this.#answers, attrs.id, node);
    if (tag !== 'receipt' && tag !== 'notification') return;
    if (tag === 'receipt') this.receipts += 1;
    this.send(
      stanza('ack', { id: attrs.id, to: attrs.from, class: tag, participant: attrs.participant, type: attrs.type }),
    );
  }

  #settle(waiting, id, node) {
    waiting.get(id)?.(node);
    waiting.delete(id);
  }
}
