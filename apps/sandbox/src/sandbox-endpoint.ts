/** What a client needs to reach the sandbox. */
export interface SandboxEndpoint {
  /** `ws://127.0.0.1:PORT/ws/chat`. */
  readonly whatsappUrl: string;
  /** Public key of the Noise certificate root, hex. */
  readonly rootKeyHex: string;
  /** What the media host's certificate verifies with, PEM. */
  readonly tlsCaPem: string;
  /** `127.0.0.1:PORT`. */
  readonly mediaHost: string;
  /** `http://127.0.0.1:PORT`. */
  readonly controlUrl: string;
}
