/**
 * The one door to sharp. libvips works on libuv's thread pool, which DNS and the file system share (4 threads unless
 * UV_THREADPOOL_SIZE says otherwise): only a few images are in work at once, each on one thread, each with a time limit.
 */
import { availableParallelism } from 'node:os';
import { PomboError } from '@pombo/contracts';
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { createGate } from './gate.js';

// These are process-wide. One thread per image, so that the gate's number is the number of busy threads; no cache,
// because no two operations here share a source and it would only hold memory.
sharp.concurrency(1);
sharp.cache(false);

export interface ImageGateSettings {
  /** Images in work at once. Default: one less than the processors, between 1 and 2. */
  readonly concurrency?: number;
  /** For each decode or encode, in milliseconds, rounded up to seconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Largest image decoded, in pixels. Default 64 million. */
  readonly maxPixels?: number;
}

/** sharp, with the limits applied. */
export type OpenImage = (bytes: Uint8Array, options?: SharpOptions) => Sharp;

export interface ImageGate {
  readonly maxPixels: number;
  /**
   * Waits for a place, then runs `work`, which must do its steps one after the other.
   *
   * @throws PomboError MEDIA_INVALID for whatever sharp can't read, `retryable` when it ran out of time
   */
  run<T>(work: (open: OpenImage) => Promise<T>): Promise<T>;
}

export function createImageGate(settings: ImageGateSettings = {}): ImageGate {
  const {
    concurrency = Math.min(2, Math.max(1, availableParallelism() - 1)),
    timeoutMs = 10_000,
    maxPixels = 64_000_000,
  } = settings;
  const seconds = Math.ceil(timeoutMs / 1_000);
  const gate = createGate(concurrency);

  const open: OpenImage = (bytes, options) =>
    sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels, ...options }).timeout({ seconds });

  return {
    maxPixels,
    run: (work) =>
      gate.run(async () => {
        const startedAt = performance.now();
        try {
          return await work(open);
        } catch (error) {
          throw toImageError(error, performance.now() - startedAt >= seconds * 1_000);
        }
      }),
  };
}

/** sharp's errors carry no code, so the clock tells a time-out from a damaged image. */
function toImageError(error: unknown, outOfTime: boolean): PomboError {
  if (error instanceof PomboError) return error;
  if (outOfTime) {
    return new PomboError('MEDIA_INVALID', 'The image took too long to read.', { cause: error, retryable: true });
  }
  return new PomboError('MEDIA_INVALID', 'The image is damaged or cut off and can not be read.', { cause: error });
}
