import type { IncomingMessage, ServerResponse } from 'node:http';

/** curl asks before it sends more than 1 MB; whoever was refused before this point never sends it. */
export function inviteBody({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
}
