import type { BinaryNode } from '@pombo/whatsapp/protocol';
import type { ClientDevice } from '../people/client-device.js';

/** The session a stanza came from, as those who handle it see it. */
export interface StanzaSource {
  readonly device: ClientDevice;
  /** Grows with every login, of whatever device. */
  readonly login: number;
  send(node: BinaryNode): void;
  /** The client is ready for what it missed. */
  activate(): void;
  cut(): void;
}
