import { hmacSign } from '@pombo/whatsapp/protocol';

const SIGNATURE_CHARACTERS = 22;

/** Makes and checks direct paths: `/v/<name>?oe=<expiry, hex seconds>&oh=<signature>`. */
export class MediaLinks {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** @param expiresAtMs milliseconds since the epoch. */
  create(name: string, expiresAtMs: number): string {
    const expiry = Math.floor(expiresAtMs / 1000).toString(16);
    return `/v/${name}?ccb=11-4&oh=${this.#sign(name, expiry)}&oe=${expiry}`;
  }

  /** Whether a link is one of ours and has not expired. */
  isValid(name: string, query: URLSearchParams): boolean {
    const expiry = query.get('oe') ?? '';
    return query.get('oh') === this.#sign(name, expiry) && Number.parseInt(expiry, 16) * 1000 > Date.now();
  }

  #sign(name: string, expiry: string): string {
    return hmacSign(Buffer.from(`${name} ${expiry}`), this.#secret)
      .toString('base64url')
      .slice(0, SIGNATURE_CHARACTERS);
  }
}
