/**
 * No frame leaves before the ratchets that were stepped before it are stored (decision 0004). Waiting here, and not where
 * a message is encrypted, is what lets messages to several chats be encrypted one right after the other though all of
 * them step the session with the account's own phone: their steps are stored together.
 */
import type { WASocket } from '@whiskeysockets/baileys';
import type { SignalStore } from '../auth/signal-store.js';

type Sent = (error?: Error) => void;

/** The raw socket, which Baileys keeps to itself. */
interface RawSocket {
  send(data: unknown, sent?: Sent): void;
  terminate(): void;
}

/** A socket whose ratchets could not be stored is torn down, with everything that waits. */
export function holdFrames({ ws }: WASocket, { stored }: Pick<SignalStore, 'stored'>): void {
  ws.on('open', () => {
    const { socket } = ws as unknown as { readonly socket: RawSocket | null };
    if (socket) holdFramesOf(socket, stored);
  });
}

function holdFramesOf(socket: RawSocket, stored: SignalStore['stored']): void {
  const send = socket.send.bind(socket);
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  socket.send = (data, sent) => {
    const storing = stored();
    if (!storing && waiting === 0) return send(data, sent);
    waiting += 1;
    const leave = (): void => {
      waiting -= 1;
      send(data, sent);
    };
    const refuse = (error: Error): void => {
      socket.terminate();
      sent?.(error);
    };
    last = Promise.all([last, storing]).then(leave);
    last.catch(refuse);
  };
}
