/** Takes jobs of one device and hands them to a function. What the function throws tells the queue what to do. */
import { type SendJob, shardOfDevice } from '@pombo/contracts';
import { describeError, type Logger, type Redis, SECOND } from '@pombo/runtime';
import type { Keys } from '@pombo/store';
import { type Job, WaitingError, Worker } from 'bullmq';
import { queueNameOf } from './queue-names.js';
import { giveBackJob } from './take-back.js';

/**
 * Thrown by a processor that lets go of a job without an outcome (the device was lost, the process stops): the job goes
 * back to where the next owner takes it up in order, and no further job is taken until `consume`.
 */
export class JobReleased extends Error {
  constructor(options?: { cause?: unknown }) {
    super('the job is left for the next owner of the device', options);
    this.name = 'JobReleased';
  }
}

/** Does one job; resolving means the outcome is recorded and the job can go. */
export type ProcessSend = (job: { readonly messageId: string; readonly requestId: string }) => Promise<void>;

export interface Consumer {
  /** Takes jobs from now on. */
  consume(): void;
  /** Takes no more jobs until `consume`; those in hand go on. */
  pause(): void;
  /** Ends without waiting for jobs in hand: whoever calls it has let them finish or released them. */
  close(): Promise<void>;
}

export interface ConsumerOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly deviceId: string;
  /** How many jobs are in hand at once. */
  readonly concurrency: number;
  readonly process: ProcessSend;
  readonly logger: Logger;
}

const LOCK_MS = 30 * SECOND;
/** The owner's take-back does this work at once; BullMQ's check is only the backstop. */
const STALLED_CHECK_MS = 60 * SECOND;
const RECORD_IS_THE_HISTORY = { count: 0 };

export function createConsumer({ redis, keys, deviceId, concurrency, process, logger }: ConsumerOptions): Consumer {
  const report = (what: string) => (error: unknown) => logger.error(what, { deviceId, ...describeError(error) });
  const pause = (): void => {
    worker.pause(true).catch(report('the queue was not paused'));
  };

  const run = async (job: Job<SendJob>): Promise<void> => {
    try {
      await process({ messageId: job.id ?? '', requestId: job.data.requestId });
    } catch (error) {
      if (error instanceof JobReleased) {
        // First: else BullMQ takes up the next job at once, and one after the other the whole queue.
        pause();
        await giveBackJob(redis, keys, deviceId, { id: job.id ?? '', token: job.token ?? '' }).catch(
          report('a job was not given back'),
        );
      } else {
        logger.error('a job ended without an outcome and will be taken up again', {
          messageId: job.id,
          ...describeError(error),
        });
      }
      // To BullMQ this error says "the job has been moved elsewhere": it leaves it alone, where a failure would lose it.
      throw new WaitingError();
    }
  };
  const worker = new Worker<SendJob>(queueNameOf(deviceId), run, {
    connection: redis,
    prefix: keys.queuePrefix(shardOfDevice(deviceId)),
    concurrency,
    autorun: false,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    removeOnComplete: RECORD_IS_THE_HISTORY,
    removeOnFail: RECORD_IS_THE_HISTORY,
  });
  worker.on('error', (error) => logger.warn('queue worker error', { deviceId, ...describeError(error) }));

  return {
    consume() {
      // Starts the worker too, when it is not running yet.
      worker.resume().catch(report('the queue was not resumed'));
    },
    pause,
    close: () => worker.close(true),
  };
}
