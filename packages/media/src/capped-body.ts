/** Reads a response's body without ever holding more of it than allowed. */
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { PomboError } from '@pombo/contracts';
import type { Dispatcher } from 'undici';
import { toDownloadError } from './download-error.js';
import { headerText } from './header-text.js';

/** We ask for `identity`; these are for hosts that compress anyway. */
const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Yields the decoded body.
 *
 * @param maxBytes - of the decoded body, so a small compressed answer can't become a big one
 * @throws PomboError PAYLOAD_TOO_LARGE, MEDIA_INVALID when empty, MEDIA_DOWNLOAD_FAILED
 */
export async function* readCapped(
  response: Dispatcher.ResponseData,
  maxBytes: number,
  host: string,
): AsyncGenerator<Buffer, void, undefined> {
  let sizeBytes = 0;
  try {
    if (declaredBytes(response) > maxBytes) throw tooLarge(maxBytes);
    for await (const chunk of decode(response, host) as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
    if (sizeBytes === 0) throw new PomboError('MEDIA_INVALID', `The media host ${host} answered with an empty file.`);
  } catch (error) {
    throw toDownloadError(error, host);
  }
}

function declaredBytes({ headers }: Dispatcher.ResponseData): number {
  return Number(headerText(headers['content-length']) ?? 0);
}

function decode({ headers, body }: Dispatcher.ResponseData, host: string): Readable {
  const encoding = headerText(headers['content-encoding'])?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return body;
  const createDecoder = DECODERS[encoding];
  if (!createDecoder) {
    throw new PomboError(
      'MEDIA_DOWNLOAD_FAILED',
      `The media host ${host} answered in an encoding that was not asked for.`,
    );
  }
  // The reader of the decoder sees every error; the callback only keeps pipeline from throwing it a second time.
  return pipeline(body, createDecoder(), () => undefined);
}

function tooLarge(maxBytes: number): PomboError {
  return new PomboError('PAYLOAD_TOO_LARGE', `The media is larger than the limit of ${maxBytes} bytes.`);
}
