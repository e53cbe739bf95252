/**
 * Baileys sends one message of an account after the other: all of it, encrypting, waiting until the ratchet is stored, the
 * write to the socket, is one transaction named after the account. What needs exclusion has locks of its own, every
 * Signal session and every sender key (`auth/signal-repository.ts`), so here the transaction is named after the chat: what
 * one chat waits for holds up no other.
 */
import type { WASocket } from '@whiskeysockets/baileys';
import { SharedAsyncStorage } from '../async-storage.js';

const chats = new SharedAsyncStorage<string>();

/** To be called once for each socket. */
export function letChatsGoSideBySide({ authState: { keys } }: WASocket): void {
  const transaction = keys.transaction.bind(keys);
  keys.transaction = (work, key) => transaction(work, chats.getStore() ?? key);
}

/** Has whatever `send` sends go beside what is sent to other chats. */
export function besideOtherChats<T>(chatJid: string, send: () => Promise<T>): Promise<T> {
  return chats.run(`chat ${chatJid}`, send);
}
