import type { BinaryNode, proto } from '@pombo/whatsapp/protocol';
import type { MediaCheck } from '../media/media-check.js';

export interface MessageOrigin {
  /** Device jid of the sender. */
  readonly from: string;
  /** Jid of the other party or of the group. */
  readonly chat: string;
  /** Written by this account's own linked device: the phone holds a copy. */
  readonly fromMe: boolean;
  readonly stanza: BinaryNode;
}

export interface DecryptFailure {
  readonly device: number;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Everything known about one message id in one account. */
export class ReceivedMessage {
  readonly id: string;
  /** Place among the account's messages, from 1. */
  readonly order: number;
  readonly receivedAt = Date.now();
  readonly from: string;
  readonly chat: string;
  readonly fromMe: boolean;
  readonly attrs: Readonly<Record<string, string>>;
  readonly childTags: readonly string[];
  /** Device id → how often the id arrived there. */
  readonly arrivals = new Map<number, number>();
  /** Device id → how often it could be read there. */
  readonly decrypted = new Map<number, number>();
  /** Device id → type of the last ciphertext. */
  readonly encTypes = new Map<number, string>();
  readonly failures: DecryptFailure[] = [];
  content: proto.IMessage | undefined;
  media: Promise<MediaCheck> | undefined;

  constructor(id: string, order: number, origin: MessageOrigin) {
    this.id = id;
    this.order = order;
    this.from = origin.from;
    this.chat = origin.chat;
    this.fromMe = origin.fromMe;
    this.attrs = origin.stanza.attrs;
    this.childTags = childTagsOf(origin.stanza);
  }

  /** A phone shows an id once, however often it arrived. */
  get displayedCount(): number {
    return this.decrypted.has(0) ? 1 : 0;
  }

  /** Lets go of what takes memory; counts stay. */
  forgetContent(): void {
    this.content = undefined;
    this.media = undefined;
  }
}

function childTagsOf(stanza: BinaryNode): string[] {
  return Array.isArray(stanza.content) ? stanza.content.map((child) => child.tag) : [];
}
