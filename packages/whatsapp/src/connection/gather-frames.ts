/**
 * Frames that are sent in one turn of the event loop leave in one write: with several chats in flight and a receipt or
 * two to acknowledge for each message, every frame would cost a system call of its own.
 */
import type { Socket } from 'node:net';
import { createTurnGatherer } from '@pombo/runtime';
import type { WASocket } from '@whiskeysockets/baileys';

/** What Baileys and `ws` keep to themselves. */
interface Inner {
  readonly socket: { readonly _socket?: Socket | null } | null;
}

export function gatherFrames({ ws }: WASocket): void {
  ws.on('open', () => {
    const stream = (ws as unknown as Inner).socket?._socket;
    if (stream) gatherWritesTo(stream);
  });
}

function gatherWritesTo(stream: Socket): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  const gather = createTurnGatherer();
  stream.write = (...args: unknown[]) => {
    gather(stream);
    return write(...args);
  };
}
