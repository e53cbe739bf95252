import { Writable } from 'node:stream';
import { atEndOfTurn } from './end-of-turn.js';

/**
 * What is written in one turn of the event loop goes out in one write: to a file or a pipe each costs a system call, and
 * the process waits for it.
 */
export function gatherLines(out: NodeJS.WritableStream): Writable {
  let gathered = '';
  const flush = (): void => {
    if (gathered === '') return;
    out.write(gathered);
    gathered = '';
  };
  // Whoever says why it ends says it in the last turn.
  process.on('exit', flush);
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      if (gathered === '') atEndOfTurn(flush);
      gathered += line;
      done();
    },
  });
}
