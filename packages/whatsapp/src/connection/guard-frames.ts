/**
 * The last step before the wire. Frames that are sent in one turn of the event loop leave in one write: with several chats
 * in flight and a receipt or two to acknowledge for each message, every frame would cost a system call of its own. And
 * nothing leaves for an account that may be another's by now, however long this process stood still: a socket that would
 * write then is destroyed.
 */
import type { Socket } from 'node:net';
import { createTurnGatherer } from '@pombo/runtime';
import type { WASocket } from '@whiskeysockets/baileys';

/** What Baileys and `ws` keep to themselves. */
interface Inner {
  readonly socket: { readonly _socket?: Socket | null } | null;
}

/** @param mayWrite asked before each write. */
export function guardFrames({ ws }: WASocket, mayWrite: () => boolean): void {
  ws.on('open', () => {
    const stream = (ws as unknown as Inner).socket?._socket;
    if (stream) guardWritesTo(stream, mayWrite);
  });
}

function guardWritesTo(stream: Socket, mayWrite: () => boolean): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  const gather = createTurnGatherer();
  stream.write = (...args: unknown[]) => {
    if (!mayWrite()) stream.destroy(new Error('the device may belong to another process by now'));
    gather(stream);
    return write(...args);
  };
}
