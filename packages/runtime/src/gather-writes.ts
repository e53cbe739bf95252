import type { Writable } from 'node:stream';
import type { Redis } from 'ioredis';
import { atEndOfTurn } from './end-of-turn.js';

/**
 * @returns what to call before a write to a stream: everything written to it in that turn of the event loop leaves in one
 *   write, which costs the process and its peer a system call instead of one each.
 */
export function createTurnGatherer(): (stream: Writable) => void {
  let gathering: Writable | undefined;
  return (stream) => {
    if (stream === gathering) return;
    gathering = stream;
    stream.cork();
    atEndOfTurn(() => {
      gathering = undefined;
      stream.uncork();
    });
  };
}

/** What everyone asks of a connection in one turn of the event loop leaves in one write from now on. */
export function gatherWrites(redis: Redis): void {
  const send = redis.sendCommand.bind(redis);
  const connection = redis as unknown as { readonly stream: Writable | undefined };
  const gather = createTurnGatherer();
  redis.sendCommand = (command, stream) => {
    if (connection.stream) gather(connection.stream);
    return send(command, stream);
  };
}
