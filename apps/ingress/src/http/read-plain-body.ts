/**
 * Reads the body nearly every client sends: UTF-8, not compressed, its length told. `body-parser` would decode it piece
 * by piece through two libraries, which costs more than everything Pombo does with it.
 */
import type { IncomingMessage } from 'node:http';
import { PomboError, SEND_ROUTES } from '@pombo/contracts';
import type { BodyBuffers } from './body-buffers.js';
import { liftMedia } from './lift-media.js';
import type { NodeRequest } from './node-handler.js';
import { contextOf } from './request-context.js';

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i;
/** Smaller ones come in a piece or two. */
const LARGE_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = 0xfeff;
/** Fields that hold media as base64. */
const MEDIA_FIELDS: ReadonlySet<string> = new Set(
  SEND_ROUTES.flatMap(({ media }) => [media?.inline, media?.thumbnail?.inline]).filter((name) => name !== undefined),
);

/** Bodies of other kinds, and those above `limitBytes`, are for `body-parser`. */
export function hasPlainBody({ headers }: IncomingMessage, limitBytes: number): boolean {
  const { 'content-length': length, 'content-encoding': encoding = 'identity' } = headers;
  const charset = CHARSET.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  return Number(length) <= limitBytes && encoding === 'identity' && /^utf-?8$/i.test(charset);
}

/** Puts the parsed body on the request and its media on the context; `next` hears why it could not be read. */
export function readPlainBody(request: NodeRequest, buffers: BodyBuffers, next: (error?: unknown) => void): void {
  const gathered = Number(request.headers['content-length']) < LARGE_BYTES ? inChunks() : inOneBuffer(request, buffers);
  request.on('data', gathered.add);
  request.once('error', (cause) => next(new PomboError('INVALID_JSON', 'the body ended early', { cause })));
  request.once('end', () => {
    try {
      const { text, lifted } = liftMedia(gathered.whole(), MEDIA_FIELDS);
      contextOf(request).lifted = lifted;
      request.body = text === '' ? undefined : parse(text);
    } catch (error) {
      next(error);
      return;
    }
    next();
  });
}

interface Gathered {
  readonly add: (chunk: Buffer) => void;
  readonly whole: () => Buffer;
}

function inChunks(): Gathered {
  const chunks: Buffer[] = [];
  return {
    add: (chunk) => void chunks.push(chunk),
    whole: () => (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
  };
}

/** Node sees to it that there is no more of a body than its `Content-Length` says. */
function inOneBuffer(request: NodeRequest, buffers: BodyBuffers): Gathered {
  const buffer = buffers.take(Number(request.headers['content-length']));
  contextOf(request).letGoOfMedia = () => buffers.giveBack(buffer);
  let filled = 0;
  return {
    add: (chunk) => void (filled += chunk.copy(buffer, filled)),
    whole: () => buffer.subarray(0, filled),
  };
}

/** Not `JSON.parse`'s own word for it: that quotes the body. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
  } catch (cause) {
    throw new PomboError('INVALID_JSON', 'the body is not valid JSON', { cause });
  }
}
