/**
 * Whether there is room in the blob store, known without asking: every second this process says what it stored and reads
 * what all have. So together they may store beyond the limit what they take in a second.
 */
import { describeError, type Logger, SECOND } from '@pombo/runtime';
import type { MediaSize } from './media-size.js';

const READ_EVERY_MS = SECOND;

export interface MediaBudget {
  /** Reads once, then every second. */
  start(): Promise<void>;
  /** What was not said yet is found when the store is measured next. */
  stop(): void;
  readonly noteStored: (sizeBytes: number) => void;
  readonly hasRoom: (sizeBytes: number) => boolean;
}

export interface MediaBudgetOptions {
  readonly mediaSize: MediaSize;
  /** 0: no limit. */
  readonly maxBytes: number;
  readonly gauge: { set(bytes: number): void };
  readonly logger: Logger;
}

export function createMediaBudget({ mediaSize, maxBytes, gauge, logger }: MediaBudgetOptions): MediaBudget {
  let knownBytes = 0;
  let unsaidBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const saying = unsaidBytes;
    const { bytes } = await mediaSize.read(saying);
    unsaidBytes -= saying;
    knownBytes = bytes;
    gauge.set(bytes);
  };
  /** What was last read stands while Redis does not answer; nothing can be accepted then anyway. */
  const tick = (): void => {
    reading ??= read()
      .catch((error: unknown) => logger.debug('the size of the media store was not read', describeError(error)))
      .finally(() => (reading = undefined));
  };

  return {
    async start() {
      await read();
      timer = setInterval(tick, READ_EVERY_MS);
    },
    stop: () => clearInterval(timer),
    noteStored: (sizeBytes) => void (unsaidBytes += sizeBytes),
    hasRoom: (sizeBytes) => maxBytes === 0 || knownBytes + unsaidBytes + sizeBytes <= maxBytes,
  };
}
