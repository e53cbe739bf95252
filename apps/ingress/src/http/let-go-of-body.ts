import type { IncomingMessage, ServerResponse } from 'node:http';
import { SECOND } from '@pombo/runtime';

/** Long enough for a client to notice an answer while it is still sending. */
const LINGER_MS = 2 * SECOND;

/**
 * For a request that is answered before its body has been read: what still comes is read and dropped, so that the answer
 * is heard, but not for ever.
 */
export function letGoOfBody(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  response.once('finish', () => {
    if (request.complete) return;
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    request.once('end', () => clearTimeout(timer)).resume();
  });
}
