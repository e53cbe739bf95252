/**
 * Images that take much memory are worked on in a process of their own, one at a time: what they took is gone with it, and
 * nothing of it is ever the worker's.
 */
import { deserialize, serialize } from 'node:v8';
import { type ErrorCode, PomboError } from '@pombo/contracts';
import { childProgram } from './children/child-program.js';
import { createGate } from './gate.js';
import type { ImageWork } from './image-work.js';
import { ChildFailedError, collectOutput, runChild } from './run-child.js';

/** What a child is asked, by `serialize`. */
export interface ApartOrder {
  readonly name: keyof ImageWork;
  readonly bytes: Buffer;
  readonly options: unknown;
}

/** What it answers. */
export type ApartAnswer =
  | { readonly value: unknown }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly retryable: boolean } };

export type RunApart = <Name extends keyof ImageWork>(
  name: Name,
  bytes: Buffer,
  options: Parameters<ImageWork[Name]>[1],
) => ReturnType<ImageWork[Name]>;

const TIMEOUT_MS = 40_000;
/** No picture that is made here is as large. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

export function createRunApart(): RunApart {
  const gate = createGate(1);
  const run = async (order: ApartOrder): Promise<unknown> => {
    const answer = await gate.run(() => ask({ ...order, options: withoutListeners(order.options) }));
    if ('value' in answer) return answer.value;
    const { code, message, retryable } = answer.error;
    throw new PomboError(code, message, { retryable });
  };
  return ((name, bytes, options) => run({ name, bytes, options })) as RunApart;
}

/** Nothing is heard from another process but its answer. */
function withoutListeners(options: unknown): unknown {
  if (options === undefined) return undefined;
  return Object.fromEntries(Object.entries(options as object).filter(([, value]) => typeof value !== 'function'));
}

async function ask(order: ApartOrder): Promise<ApartAnswer> {
  const consume = (output: Parameters<typeof collectOutput>[0]) => collectOutput(output, MAX_ANSWER_BYTES);
  const input = serialize(order);
  try {
    const program = childProgram('image-child');
    return deserialize(await runChild({ ...program, input, timeoutMs: TIMEOUT_MS, consume })) as ApartAnswer;
  } catch (error) {
    if (!(error instanceof ChildFailedError)) throw error;
    const message = error.timedOut ? 'The image took too long to read.' : 'The image can not be read.';
    throw new PomboError('MEDIA_INVALID', message, { cause: error, retryable: error.timedOut });
  }
}
