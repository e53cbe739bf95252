/** One run of a foreign program over a client's file: bounded in time, and killed when nobody wants it any more. */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Readable } from 'node:stream';

/** Nothing of our environment is a foreign program's business: it holds keys. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin', LC_ALL: 'C' };
/** Our own sockets come first. */
const LOW_PRIORITY = 10;
/** Of what it says went wrong. */
const MAX_COMPLAINT = 2_000;

export interface ChildRun<T> {
  readonly command: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** What the program reads; default: nothing. */
  readonly input?: Uint8Array;
  /** Reads what the program writes; what it throws ends the program. */
  readonly consume: (output: Readable) => Promise<T>;
}

/** The program is not there. */
export class ChildMissingError extends Error {}

/** The program failed, or was ended. */
export class ChildFailedError extends Error {
  constructor(
    message: string,
    readonly timedOut: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** @throws ChildMissingError, ChildFailedError; what `consume` throws */
export async function runChild<T>({ command, args, timeoutMs, signal, input, consume }: ChildRun<T>): Promise<T> {
  signal?.throwIfAborted();
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: ENVIRONMENT });
  // A program that ends before it has read everything says why by its exit.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => (complaint = (complaint + bytes.toString()).slice(-MAX_COMPLAINT)));
  const kill = () => child.kill('SIGKILL');
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener('abort', kill, { once: true });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  lowerPriority(child.pid);
  // Both, so that what `consume` made of the output is known to it when the program failed.
  const [exit, result] = await Promise.allSettled([ended, readAll(child.stdout, consume, kill)]);
  clearTimeout(timer);
  signal?.removeEventListener('abort', kill);
  if (exit.status === 'rejected') throw toMissingError(exit.reason, command);
  if (result.status === 'rejected') throw result.reason;
  if (exit.value === 0) return result.value;
  throw new ChildFailedError(timedOut ? `took longer than ${timeoutMs} ms` : complaint.trim(), timedOut);
}

async function readAll<T>(output: Readable, consume: (output: Readable) => Promise<T>, kill: () => void): Promise<T> {
  try {
    return await consume(output);
  } catch (error) {
    kill();
    throw error;
  } finally {
    // A program whose output nobody reads would never end.
    output.resume();
  }
}

function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, LOW_PRIORITY);
  } catch (error) {
    // It was faster, or the system does not let us: the work is the same.
    if (!isSystemError(error)) throw error;
  }
}

const isSystemError = (error: unknown): boolean => typeof (error as { code?: unknown }).code === 'string';

/** A program that cannot be started might as well not be there; too many processes is another matter. */
function toMissingError(error: unknown, command: string): unknown {
  const missing = ['ENOENT', 'EACCES', 'ENOTDIR'].includes((error as { code?: string }).code ?? '');
  return missing ? new ChildMissingError(`${command} is not installed`, { cause: error }) : error;
}

/** Collects output, for `consume`. @throws Error beyond `maxBytes` */
export async function collectOutput(output: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of output as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw new ChildFailedError(`wrote more than ${maxBytes} bytes`, false);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
