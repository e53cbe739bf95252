/** What a recipient does with media: fetch it from the media host, check both hashes and the MAC, decrypt it. */
import { aesDecryptWithIV, getMediaKeys, hmacSign, sha256 } from '@pombo/whatsapp/protocol';
import { Agent, request } from 'undici';
import { reasonOf } from '../sandbox-logger.js';
import { asBuffer } from '../wire/stanza.js';
import type { MediaReference } from './find-media.js';

const MAC_BYTES = 10;
/** One entry is a few hundred bytes; the pictures themselves are not kept. */
const MAX_REMEMBERED_CHECKS = 2_000;

export interface MediaCheck {
  /** Fetched, decrypted, and both hashes right. */
  readonly ok: boolean;
  readonly sizeBytes: number;
  /** Of the decrypted file, hex. */
  readonly sha256: string;
  readonly fileSha256Matches: boolean;
  readonly fileEncSha256Matches: boolean;
  /** Why it could not be read. */
  readonly error?: string;
}

const failed = (error: string): MediaCheck => ({
  ok: false,
  sizeBytes: 0,
  sha256: '',
  fileSha256Matches: false,
  fileEncSha256Matches: false,
  error,
});

export class MediaInspector {
  readonly #origin: string;
  readonly #agent: Agent;
  readonly #checks = new Map<string, Promise<MediaCheck>>();

  /** @param host `127.0.0.1:PORT` of the media host. */
  constructor(host: string, caPem: string) {
    this.#origin = `https://${host}`;
    this.#agent = new Agent({ connect: { ca: caPem } });
  }

  /** Checks media once, however many people received it. */
  check(media: MediaReference): Promise<MediaCheck> {
    const name = `${media.directPath} ${asBuffer(media.mediaKey).toString('base64')}`;
    const known = this.#checks.get(name);
    if (known) return known;
    const check = this.#inspect(media).catch((error: unknown) => failed(reasonOf(error)));
    this.#checks.set(name, check);
    if (this.#checks.size > MAX_REMEMBERED_CHECKS) this.#forgetOldest();
    return check;
  }

  /** Of media that is not encrypted, as newsletters have it: only its own hash can be compared. */
  async checkPlain({ directPath, fileSha256 }: { directPath: string; fileSha256: Uint8Array }): Promise<MediaCheck> {
    try {
      const file = await this.#fetch(directPath);
      const hash = sha256(file);
      const ok = hash.equals(fileSha256);
      const sizeBytes = file.byteLength;
      return { ok, sizeBytes, sha256: hash.toString('hex'), fileSha256Matches: ok, fileEncSha256Matches: false };
    } catch (error) {
      return failed(reasonOf(error));
    }
  }

  /** The decrypted file. @throws when it can't be fetched or decrypted. */
  async read(media: MediaReference): Promise<Buffer> {
    return decrypt(media, await this.#fetch(media.directPath));
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #inspect(media: MediaReference): Promise<MediaCheck> {
    const encrypted = await this.#fetch(media.directPath);
    const file = await decrypt(media, encrypted);
    const fileHash = sha256(file);
    const fileSha256Matches = fileHash.equals(media.fileSha256 ?? Buffer.alloc(0));
    const fileEncSha256Matches = sha256(encrypted).equals(media.fileEncSha256 ?? Buffer.alloc(0));
    return {
      ok: fileSha256Matches && fileEncSha256Matches,
      sizeBytes: file.byteLength,
      sha256: fileHash.toString('hex'),
      fileSha256Matches,
      fileEncSha256Matches,
    };
  }

  async #fetch(directPath: string): Promise<Buffer> {
    const { statusCode, body } = await request(`${this.#origin}${directPath}`, { dispatcher: this.#agent });
    const bytes = Buffer.from(await body.arrayBuffer());
    if (statusCode !== 200) throw new Error(`media host answered ${statusCode}`);
    return bytes;
  }

  #forgetOldest(): void {
    for (const oldest of this.#checks.keys()) {
      this.#checks.delete(oldest);
      return;
    }
  }
}

async function decrypt(media: MediaReference, encrypted: Buffer): Promise<Buffer> {
  const { iv, cipherKey, macKey } = await getMediaKeys(media.mediaKey, media.kind);
  if (!macKey) throw new Error('media key gives no MAC key');
  const ciphertext = encrypted.subarray(0, -MAC_BYTES);
  const mac = hmacSign(Buffer.concat([iv, ciphertext]), macKey).subarray(0, MAC_BYTES);
  if (!mac.equals(encrypted.subarray(-MAC_BYTES))) throw new Error('media MAC is wrong');
  return aesDecryptWithIV(ciphertext, asBuffer(cipherKey), asBuffer(iv));
}
