import { PomboError } from '@pombo/contracts';
import { invalidFile } from './invalid-file.js';

/** The same content; what the client did not send to its end is the client's mistake. */
export async function* untilCut(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* content;
  } catch (cause) {
    throw cause instanceof PomboError ? cause : invalidFile('ended early', cause);
  }
}
