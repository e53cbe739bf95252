/** A program of its own: works on one image that takes much memory. Run by `image-apart.ts`. */
import { buffer } from 'node:stream/consumers';
import { deserialize, serialize } from 'node:v8';
import { PomboError } from '@pombo/contracts';
import type { ApartAnswer, ApartOrder } from '../image-apart.js';
import { createImageGate } from '../image-gate.js';
import { createImageWork, type ImageWork } from '../image-work.js';

/** A large image at low priority takes its time; who waits for us has a limit for all of it. */
const STEP_TIMEOUT_MS = 40_000;

type AnyWork = (bytes: Buffer, options: unknown) => Promise<unknown>;

async function work({ name, bytes, options }: ApartOrder): Promise<ApartAnswer> {
  const works: ImageWork = createImageWork(createImageGate({ concurrency: 1, timeoutMs: STEP_TIMEOUT_MS }));
  try {
    return { value: await (works[name] as AnyWork)(bytes, options) };
  } catch (error) {
    if (!(error instanceof PomboError)) throw error;
    const { code, message, retryable } = error;
    return { error: { code, message, retryable } };
  }
}

const order = deserialize(await buffer(process.stdin)) as ApartOrder;
process.stdout.write(serialize(await work(order)));
