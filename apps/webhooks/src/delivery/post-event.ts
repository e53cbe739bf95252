/**
 * One POST. undici's lowest layer, since `request` takes nearly twice the CPU for streams nobody needs here: of an answer
 * only the status and the first bytes count. Redirects are not followed.
 */
import { BlockedAddressError } from '@pombo/guard';
import { type Dispatcher, errors } from 'undici';
import type { Connection, Connections } from './connections.js';

export interface Post {
  readonly origin: string;
  /** With its query. */
  readonly path: string;
  /** Name, value… */
  readonly headers: string[];
  readonly body: Buffer;
  /** From the call to the answer's headers. */
  readonly timeoutMs: number;
}

/** How an endpoint answered, or why it did not. */
export interface Answer {
  /** 0: no answer. */
  readonly status: number;
  /** One word, for the log; '' for an answer that is a success. */
  readonly error: string;
  /** First bytes of the body. */
  readonly text: string;
  readonly latencyMs: number;
  /** From `Retry-After`. */
  readonly retryAfterMs: number | undefined;
}

/** Kept of a body. */
const SHOWN_BYTES = 512;
/** Read of a body, to keep the connection; of a longer one the connection is cut instead. */
const READ_BYTES = 64 * 1024;

/** @param onAnswer is told once, whatever happens. */
export type PostEvent = (post: Post, onAnswer: (answer: Answer) => void) => void;

export function createPostEvent(connections: Connections): PostEvent {
  return ({ origin, path, headers, body, timeoutMs }, onAnswer) => {
    const connection = connections.take(origin);
    connection.client.dispatch({ path, method: 'POST', headers, body }, new Attempt(connection, timeoutMs, onAnswer));
  };
}

/** undici's older handler: the newer one has an object made of every answer's headers, of which hardly any is looked at. */
class Attempt implements Dispatcher.DispatchHandler {
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #connection: Connection;
  readonly #onAnswer: (answer: Answer) => void;
  #abort: ((reason: Error) => void) | undefined;
  #settled = false;
  #status = 0;
  #latencyMs = 0;
  #retryAfterMs: number | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(connection: Connection, timeoutMs: number, onAnswer: (answer: Answer) => void) {
    this.#connection = connection;
    this.#onAnswer = onAnswer;
    this.#timer = setTimeout(() => this.#stop('timeout'), timeoutMs);
  }

  onConnect(abort: (reason: Error) => void): void {
    this.#abort = abort;
    if (this.#settled) abort(new Error('too late'));
  }

  /** @param headers name, value…, as they came. @returns whether to read on. */
  onHeaders(status: number, headers: Buffer[]): boolean {
    // Only the last answer counts, not a 103 before it.
    if (status < 200) return true;
    this.#status = status;
    this.#latencyMs = performance.now() - this.#startedAt;
    if (BUSY.has(status)) this.#retryAfterMs = readRetryAfter(headers);
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#bytes < SHOWN_BYTES) this.#chunks.push(chunk.subarray(0, SHOWN_BYTES - this.#bytes));
    this.#bytes += chunk.length;
    if (this.#bytes > READ_BYTES) this.#stop('');
    return true;
  }

  onComplete(): void {
    this.#connection.release();
    this.#settle('');
  }

  /** Also of a request that cannot be made at all. */
  onError(error: Error): void {
    this.#connection.drop();
    this.#settle(wordFor(error));
  }

  /** Whoever has answered with a status has answered, however the body ends. */
  #stop(word: string): void {
    this.#settle(word);
    this.#abort?.(new Error('no more is wanted of this answer'));
  }

  #settle(word: string): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    const answered = this.#status > 0;
    this.#onAnswer({
      status: this.#status,
      error: answered ? wordForStatus(this.#status) : word,
      text: this.#text(),
      latencyMs: answered ? this.#latencyMs : performance.now() - this.#startedAt,
      retryAfterMs: this.#retryAfterMs,
    });
  }

  #text(): string {
    const [first] = this.#chunks;
    if (!first) return '';
    return (this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)).toString('utf8');
  }
}

function wordForStatus(status: number): string {
  if (status >= 200 && status < 300) return '';
  if (status >= 300 && status < 400) return 'redirect';
  return 'status';
}

/** Said of an attempt that this process broke off. */
export const STOPPED = 'stopped';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  UND_ERR_DESTROYED: STOPPED,
  UND_ERR_CLOSED: STOPPED,
};

/** Node and OpenSSL name what is wrong with a certificate in many ways. */
const TLS_CODE = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/;

/** By the first code along the causes: undici wraps what the socket reported, and Node what several addresses said. */
function wordFor(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'failed';
  if (error instanceof BlockedAddressError) return 'blocked_address';
  if (error instanceof errors.HTTPParserError) return 'invalid_answer';
  const { code = '', cause } = error as { code?: string; cause?: unknown };
  const [first] = (error as { errors?: readonly unknown[] }).errors ?? [];
  return WORDS[code] ?? (TLS_CODE.test(code) ? 'tls' : wordFor(first ?? cause));
}

/** Answers that say when the endpoint wants to be asked again. */
export const BUSY: ReadonlySet<number> = new Set([429, 503]);

function readRetryAfter(headers: readonly Buffer[]): number | undefined {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (headers[at]?.toString('latin1').toLowerCase() === 'retry-after') {
      return parseRetryAfter(headers[at + 1]?.toString('latin1') ?? '');
    }
  }
  return undefined;
}

/** RFC 9110: a number of seconds or a date. @returns undefined for anything else, and for what is no time to wait. */
function parseRetryAfter(value: string): number | undefined {
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return ms > 0 ? ms : undefined;
}
