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

/** @param mayWrite asked before each write to the system. */
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
    gather(stream);
    return write(...args);
  };
  guard(stream, '_write', mayWrite);
  guard(stream, '_writev', mayWrite);
}

type HandOver = (...args: unknown[]) => void;

/** Asks where bytes are handed to the system: what was gathered may have waited, if the process stood still meanwhile. */
function guard(stream: Socket, name: '_write' | '_writev', mayWrite: () => boolean): void {
  const hooks = stream as unknown as Record<typeof name, HandOver>;
  const handOver = hooks[name].bind(stream);
  hooks[name] = (...args) => {
    if (mayWrite()) return handOver(...args);
    const refused = new Error('the device may belong to another process by now');
    (args.at(-1) as (error: Error) => void)(refused);
    stream.destroy(refused);
  };
}
