/**
 * A message that somebody wrote is kept before WhatsApp hears that it has arrived: a process that dies in between is told
 * again. Baileys confirms a message once it is decrypted and hands it out after that, so it is read where it is decrypted;
 * what Baileys hands out in other ways is kept then.
 */
import {
  type BinaryNode,
  cleanMessage,
  decodeMessageNode,
  getBinaryNodeChildren,
  proto,
  unpadRandomMax16,
  type WAMessage,
} from '@whiskeysockets/baileys';
import { LRUCache } from 'lru-cache';
import { type Received, readReceived } from './read-received.js';

export interface Inbox {
  /** A stanza has come, and will be decrypted. */
  expect(node: BinaryNode): void;
  /** What one of its ciphertexts says. Resolves when it is kept. @throws when it could not be. */
  decrypted(ciphertext: Uint8Array, padded: Uint8Array): Promise<void>;
  /** Baileys hands it out. Resolves when it is kept, which it may be already. @throws when it could not be. */
  handedOut(message: WAMessage): Promise<void>;
}

export interface InboxOptions {
  /** JID and LID of this account. */
  readonly own: () => { readonly jid: string; readonly lid: string };
  readonly keep: (received: Received) => Promise<void> | void;
}

/** Messages remembered as kept, which Baileys hands out a moment later. */
const REMEMBERED = 1000;

export function createInbox({ own, keep }: InboxOptions): Inbox {
  const stanzas = new WeakMap<Uint8Array, BinaryNode>();
  const kept = new LRUCache<string, true>({ max: REMEMBERED });

  const keepOnce = async (message: WAMessage): Promise<void> => {
    const received = readReceived(message);
    const name = `${message.key.remoteJid} ${message.key.participant} ${message.key.id}`;
    if (!received || kept.has(name)) return;
    await keep(received);
    kept.set(name, true);
  };

  return {
    expect(node) {
      for (const { content } of getBinaryNodeChildren(node, 'enc')) {
        if (content instanceof Uint8Array) stanzas.set(content, node);
      }
    },
    async decrypted(ciphertext, padded) {
      const node = stanzas.get(ciphertext);
      if (!node) return;
      const { jid, lid } = own();
      const { fullMessage } = decodeMessageNode(node, jid, lid);
      const content = proto.Message.decode(unpadRandomMax16(padded));
      fullMessage.message = content.deviceSentMessage?.message ?? content;
      cleanMessage(fullMessage, jid, lid);
      await keepOnce(fullMessage);
    },
    handedOut: keepOnce,
  };
}
