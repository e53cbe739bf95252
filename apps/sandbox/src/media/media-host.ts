/** WhatsApp's media host: takes encrypted uploads and gives them back by direct path. HTTPS, loopback only. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { sha256 } from '@pombo/whatsapp/protocol';
import type { Counters } from '../counters.js';
import type { DelayedTasks } from '../delayed-tasks.js';
import type { FaultDesk } from '../faults.js';
import type { TlsCertificate } from '../identity/tls-certificate.js';
import { reasonOf, type SandboxLogger } from '../sandbox-logger.js';
import type { MediaLinks } from './media-link.js';
import type { MediaShelf } from './media-shelf.js';

const HOST = '127.0.0.1';
/** The real one knows these and no others: a video under `/mms/sticker` is refused. */
const UPLOAD_PATH = /^\/mms\/(?:image|video|audio|document|md-app-state)\/([A-Za-z0-9_%-]+={0,2})$/;
const DOWNLOAD_PATH = /^\/v\/([0-9a-f]{64})$/;
const MAX_UPLOAD_BYTES = 128 * 1024 * 1024;
const DEFAULT_VALIDITY_MS = 14 * 24 * 60 * 60 * 1000;

export interface MediaHostOptions {
  readonly port: number;
  readonly tls: TlsCertificate;
  /** What `media_conn` hands out and an upload must show. */
  readonly auth: string;
  readonly shelf: MediaShelf;
  readonly links: MediaLinks;
  readonly faults: FaultDesk;
  readonly counters: Counters;
  readonly tasks: DelayedTasks;
  readonly logger: SandboxLogger;
}

export interface MediaHost {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly auth: string;
  close(): Promise<void>;
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function startMediaHost(options: MediaHostOptions): Promise<MediaHost> {
  const server = createServer(options.tls, (request, response) => {
    serve(options, request, response).catch((error: unknown) => refuse(options, response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, HOST, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { host: `${HOST}:${port}`, auth: options.auth, close: () => closeServer(server) };
}

async function serve(options: MediaHostOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://media');
  if (request.method === 'POST') return takeUpload(options, request, response, url);
  if (request.method === 'GET' || request.method === 'HEAD') return giveDownload(options, request, response, url);
  throw new Refusal(405, 'method not allowed');
}

async function takeUpload(
  options: MediaHostOptions,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const claimed = UPLOAD_PATH.exec(url.pathname)?.[1];
  if (claimed === undefined) throw new Refusal(404, 'no such upload path');
  options.counters.values.uploads.begun += 1;
  const bytes = await readBody(request);
  const { slowUploadsMs = 0, mediaValidityMs = DEFAULT_VALIDITY_MS } = options.faults.current;
  if (slowUploadsMs > 0) await new Promise<void>((resolve) => options.tasks.after(slowUploadsMs, resolve));
  const refusal = options.faults.uploadRefusal();
  if (refusal !== undefined) throw new Refusal(refusal, 'refused by a fault');
  if (url.searchParams.get('auth') !== options.auth) throw new Refusal(401, 'auth is not what media_conn gave');
  const hash = sha256(bytes);
  if (hash.toString('base64url') !== decodeURIComponent(claimed).replace(/=+$/, '')) {
    throw new Refusal(400, 'body is not what the path says');
  }
  const name = hash.toString('hex');
  await options.shelf.put(name, bytes);
  options.counters.values.uploads.accepted += 1;
  options.counters.values.uploads.bytes += bytes.byteLength;
  const directPath = options.links.create(name, Date.now() + mediaValidityMs);
  answer(response, 200, { url: `https://${request.headers.host}${directPath}`, direct_path: directPath });
}

async function giveDownload(
  options: MediaHostOptions,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const name = DOWNLOAD_PATH.exec(url.pathname)?.[1];
  const bytes = name === undefined ? undefined : await options.shelf.get(name);
  if (name === undefined || !bytes) throw new Refusal(404, 'no such media');
  if (!options.links.isValid(name, url.searchParams)) throw new Refusal(403, 'link expired or forged');
  const head = { 'content-type': 'application/octet-stream', 'content-length': bytes.byteLength };
  if (request.method === 'HEAD') {
    response.writeHead(200, head).end();
    return;
  }
  options.counters.values.downloads.count += 1;
  options.counters.values.downloads.bytes += bytes.byteLength;
  const { slowDownloadsMs = 0 } = options.faults.current;
  if (slowDownloadsMs > 0) await new Promise<void>((resolve) => options.tasks.after(slowDownloadsMs, resolve));
  response.writeHead(200, head).end(bytes);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_UPLOAD_BYTES) throw new Refusal(413, 'too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refuse(options: MediaHostOptions, response: ServerResponse, error: unknown): void {
  const status = error instanceof Refusal ? error.status : 500;
  if (response.req.method === 'POST') options.counters.values.uploads.refused += 1;
  options.logger.debug('media request refused', { status, reason: reasonOf(error) });
  if (response.headersSent) response.destroy();
  else answer(response, status, { error: { code: status } });
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
