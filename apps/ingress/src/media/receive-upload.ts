/** Takes a file off a request and into the blob store as it comes: the file itself as the body, or as part of a form. */
import type { IncomingMessage } from 'node:http';
import { PomboError } from '@pombo/contracts';
import { type BlobStore, sniffFile, type StoredBlob } from '@pombo/media';
import { invalidFile } from './invalid-file.js';
import { readFormFile } from './read-form-file.js';
import { untilCut } from './until-cut.js';

export interface UploadOptions {
  readonly blobStore: BlobStore;
  readonly maxBytes: number;
}

export interface Upload extends StoredBlob {
  readonly mimeType: string;
}

/** Of what is of no known type. */
const UNKNOWN_TYPE = 'application/octet-stream';
const FORM_TYPE = /^\s*multipart\/form-data\s*(?:;|$)/i;
/** A client that sends one of these describes a file instead of sending it. */
const NO_FILE_TYPE = /^\s*(?:application\/(?:json|x-www-form-urlencoded)|multipart\/[\w-]+)\s*(?:;|$)/i;

const isForm = ({ headers }: IncomingMessage): boolean => FORM_TYPE.test(headers['content-type'] ?? '');

/** What can be said before the body is read. @throws PomboError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE */
export function requireUpload(request: IncomingMessage, maxBytes: number): void {
  const { 'content-encoding': encoding = 'identity', 'content-length': length = '0' } = request.headers;
  if (encoding !== 'identity') throw unsupported('Content-Encoding', 'is not supported; send the file as it is');
  if (isForm(request)) return;
  if (NO_FILE_TYPE.test(request.headers['content-type'] ?? '')) {
    throw unsupported(
      'Content-Type',
      'is no file’s; send the file itself as the body, or as a part of multipart/form-data',
    );
  }
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
}

/** @throws PomboError VALIDATION_ERROR, PAYLOAD_TOO_LARGE; INTERNAL_ERROR when it can't be stored. */
export async function receiveUpload(request: IncomingMessage, options: UploadOptions): Promise<Upload> {
  const store = (content: AsyncIterable<Uint8Array>) => storeFile(content, options);
  if (isForm(request)) return readFormFile(request, store);
  // Not destroyed when the rest is not wanted: the answer goes over the same connection.
  return store(untilCut(request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>));
}

async function storeFile(content: AsyncIterable<Uint8Array>, { blobStore, maxBytes }: UploadOptions): Promise<Upload> {
  let mimeType = UNKNOWN_TYPE;
  const inspect = async (path: string): Promise<void> => {
    mimeType = (await sniffFile(path))?.mimeType ?? UNKNOWN_TYPE;
  };
  try {
    const blob = await blobStore.put(requireSome(content), { maxBytes, inspect });
    return { ...blob, mimeType };
  } catch (error) {
    throw error instanceof PomboError && error.code === 'PAYLOAD_TOO_LARGE' ? tooLarge(maxBytes) : error;
  }
}

async function* requireSome(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let sizeBytes = 0;
  for await (const chunk of content) {
    sizeBytes += chunk.length;
    yield chunk;
  }
  if (sizeBytes === 0) throw invalidFile('is empty');
}

function tooLarge(maxBytes: number): PomboError {
  return invalidFile(`is larger than the limit of ${maxBytes} bytes`, undefined, 'PAYLOAD_TOO_LARGE');
}

function unsupported(field: string, problem: string): PomboError {
  const message = `${field} ${problem}`;
  return new PomboError('UNSUPPORTED_MEDIA_TYPE', message, { validation: [{ field, message }] });
}
