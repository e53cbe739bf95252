/** The server's half of `Noise_XX_25519_AESGCM_SHA256`: Baileys exports only the client's. */
import {
  aesDecryptGCM,
  aesEncryptGCM,
  Curve,
  hkdf,
  NOISE_MODE,
  NOISE_WA_HEADER,
  proto,
  sha256,
} from '@pombo/whatsapp/protocol';
import type { NoiseIdentity } from '../identity/noise-certificate.js';
import { asBuffer } from './stanza.js';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const NOTHING = Buffer.alloc(0);

export interface NoiseTransport {
  encrypt(plaintext: Uint8Array): Buffer;
  decrypt(ciphertext: Uint8Array): Buffer;
}

export interface NoiseClient {
  readonly staticKey: Buffer;
  readonly payload: proto.ClientPayload;
  readonly transport: NoiseTransport;
}

export class NoiseResponder {
  readonly #identity: NoiseIdentity;
  readonly #ephemeral = Curve.generateKeyPair();
  #hash: Buffer = Buffer.from(NOISE_MODE);
  #salt: Buffer = this.#hash;
  #key: Buffer = this.#hash;
  #counter = 0;

  constructor(identity: NoiseIdentity) {
    this.#identity = identity;
    this.#authenticate(NOISE_WA_HEADER);
  }

  /** @returns the server hello. */
  answerHello(message: Uint8Array): Uint8Array {
    const clientKey = proto.HandshakeMessage.decode(message).clientHello?.ephemeral;
    if (!clientKey) throw new Error('client hello without a key');
    this.#authenticate(clientKey);
    this.#authenticate(this.#ephemeral.public);
    this.#mix(Curve.sharedKey(this.#ephemeral.private, clientKey));
    const encryptedStatic = this.#encrypt(this.#identity.staticKey.public);
    this.#mix(Curve.sharedKey(this.#identity.staticKey.private, clientKey));
    const payload = this.#encrypt(this.#identity.certificateChain);
    const serverHello = { ephemeral: this.#ephemeral.public, static: encryptedStatic, payload };
    return proto.HandshakeMessage.encode({ serverHello }).finish();
  }

  /** Reads the client's last handshake message. */
  acceptFinish(message: Uint8Array): NoiseClient {
    const finish = proto.HandshakeMessage.decode(message).clientFinish;
    if (!finish?.static || !finish.payload) throw new Error('client finish is incomplete');
    const staticKey = this.#decrypt(finish.static);
    this.#mix(Curve.sharedKey(this.#ephemeral.private, staticKey));
    const payload = proto.ClientPayload.decode(this.#decrypt(finish.payload));
    return { staticKey, payload, transport: this.#split() };
  }

  #split(): NoiseTransport {
    const [fromClient, toClient] = this.#derive(NOTHING);
    let sent = 0;
    let received = 0;
    return {
      encrypt: (plaintext) => aesEncryptGCM(plaintext, toClient, counterIv(sent++), NOTHING),
      decrypt: (ciphertext) => aesDecryptGCM(ciphertext, fromClient, counterIv(received++), NOTHING),
    };
  }

  #authenticate(data: Uint8Array): void {
    this.#hash = sha256(Buffer.concat([this.#hash, data]));
  }

  #derive(material: Uint8Array): [Buffer, Buffer] {
    const derived = asBuffer(hkdf(material, 2 * KEY_BYTES, { salt: this.#salt, info: '' }));
    return [derived.subarray(0, KEY_BYTES), derived.subarray(KEY_BYTES)];
  }

  #mix(material: Uint8Array): void {
    [this.#salt, this.#key] = this.#derive(material);
    this.#counter = 0;
  }

  #encrypt(plaintext: Uint8Array): Buffer {
    const ciphertext = aesEncryptGCM(plaintext, this.#key, counterIv(this.#counter++), this.#hash);
    this.#authenticate(ciphertext);
    return ciphertext;
  }

  #decrypt(ciphertext: Uint8Array): Buffer {
    const plaintext = aesDecryptGCM(ciphertext, this.#key, counterIv(this.#counter++), this.#hash);
    this.#authenticate(ciphertext);
    return plaintext;
  }
}

function counterIv(counter: number): Buffer {
  const iv = Buffer.alloc(IV_BYTES);
  iv.writeUInt32BE(counter, IV_BYTES - 4);
  return iv;
}
