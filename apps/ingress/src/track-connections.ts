/**
 * Ends connections as soon as nothing is in hand on them. `server.close` alone would wait: Node counts a connection that
 * has not asked anything yet as busy, and keeps one alive that was busy when closing began.
 */
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionTracker {
  /** From now on, a connection without a request in hand is ended. */
  endWhenIdle(): void;
}

export function trackConnections(server: Server): ConnectionTracker {
  const idle = new Set<Socket>();
  let ending = false;
  const onRequest: RequestListener = ({ socket }, response) => {
    idle.delete(socket);
    response.once('close', () => {
      if (ending) socket.destroySoon();
      else if (!socket.destroyed) idle.add(socket);
    });
  };
  server.on('connection', (socket: Socket) => {
    idle.add(socket);
    socket.once('close', () => idle.delete(socket));
  });
  server.on('request', onRequest).on('checkContinue', onRequest);
  return {
    endWhenIdle() {
      ending = true;
      for (const socket of idle) socket.destroySoon();
    },
  };
}
