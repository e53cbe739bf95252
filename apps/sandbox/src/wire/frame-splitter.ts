import { NOISE_WA_HEADER } from '@pombo/whatsapp/protocol';
import { asBuffer } from './stanza.js';

const LENGTH_BYTES = 3;
/** `ED`, a version byte, a type byte, then three bytes of length before the routing information. */
const ROUTING_HEADER_BYTES = 7;

/** Cuts what arrives on the socket into frames; swallows the intro (`ED` routing header, then `WA`) of the first. */
export class FrameSplitter {
  #pending: Buffer = Buffer.alloc(0);
  #introduced = false;

  /** @throws when the intro isn't WhatsApp's. */
  push(chunk: Uint8Array): Buffer[] {
    const bytes = asBuffer(chunk);
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    if (!this.#introduced) this.#takeIntro();
    return this.#introduced ? this.#takeFrames() : [];
  }

  #takeIntro(): void {
    let offset = 0;
    if (this.#pending.subarray(0, 2).toString('latin1') === 'ED') {
      if (this.#pending.length < ROUTING_HEADER_BYTES) return;
      offset = ROUTING_HEADER_BYTES + this.#pending.readUIntBE(4, LENGTH_BYTES);
    }
    const end = offset + NOISE_WA_HEADER.length;
    if (this.#pending.length < end) return;
    if (!this.#pending.subarray(offset, end).equals(NOISE_WA_HEADER)) throw new Error('not a WhatsApp intro');
    this.#pending = this.#pending.subarray(end);
    this.#introduced = true;
  }

  #takeFrames(): Buffer[] {
    const frames: Buffer[] = [];
    while (this.#pending.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#pending.readUIntBE(0, LENGTH_BYTES);
      if (this.#pending.length < end) break;
      frames.push(this.#pending.subarray(LENGTH_BYTES, end));
      this.#pending = this.#pending.subarray(end);
    }
    return frames;
  }
}

export function frame(payload: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(LENGTH_BYTES + payload.byteLength);
  framed.writeUIntBE(payload.byteLength, 0, LENGTH_BYTES);
  framed.set(payload, LENGTH_BYTES);
  return framed;
}
