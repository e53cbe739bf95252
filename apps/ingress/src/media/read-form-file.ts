/** The one file of a form, as it comes. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import { invalidFile } from './invalid-file.js';
import { untilCut } from './until-cut.js';

/** Beside the file a form may say a few things, which nobody reads. */
const LIMITS = { files: 1, fields: 20, fieldSize: 4_096, parts: 32, headerPairs: 32 };

/** @param store reads the file to its end. @throws PomboError VALIDATION_ERROR; what `store` throws. */
export function readFormFile<T>(
  request: IncomingMessage,
  store: (content: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const form = openForm(request);
    let stored: Promise<T> | undefined;
    let file: Readable | undefined;

    const fail = (error: Error): void => {
      request.unpipe(form);
      // What comes after it has no reader any more.
      file?.on('error', () => undefined).destroy();
      reject(error);
    };
    form.on('file', (_field, stream) => {
      file = stream;
      stored = store(untilCut(stream));
      stored.catch(fail);
    });
    form.on('filesLimit', () => fail(invalidFile('must be given once')));
    form.on('partsLimit', () => fail(invalidFile('is in a form of too many parts')));
    form.on('error', (cause: unknown) => fail(invalidFile('is in a form that cannot be read', cause)));
    form.on('finish', () => {
      if (stored) stored.then(resolve, fail);
      else fail(invalidFile('is required, as a part with a file name'));
    });
    request.once('error', (cause) => fail(invalidFile('ended early', cause)));
    request.pipe(form);
  });
}

/** @throws PomboError VALIDATION_ERROR for a form without a boundary. */
function openForm(request: IncomingMessage) {
  try {
    return new Busboy({ headers: request.headers as BusboyHeaders, limits: LIMITS });
  } catch (cause) {
    throw invalidFile('is in a form that cannot be read', cause);
  }
}
