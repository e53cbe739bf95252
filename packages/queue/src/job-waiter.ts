/**
 * BullMQ's worker, which waits for the next job, looks for stalled ones and renews locks, but fetches none: a job it made
 * active would have to be asked about once more, and a message that comes to a device at rest would wait for that.
 */
import type { SendJob } from '@pombo/contracts';
import { type Job, Worker, type WorkerOptions } from 'bullmq';

/** What BullMQ keeps to itself. */
interface Inner {
  /** The last fetch found nothing, so that it waits and does not fetch. */
  drained: boolean;
  /** When the next delayed job is due, in milliseconds since the epoch; 0: there is none. */
  blockUntil: number;
}

export class JobWaiter extends Worker<SendJob> {
  constructor(queueName: string, options: WorkerOptions) {
    super(queueName, null, { ...options, autorun: false });
    this.inner.drained = true;
  }

  private get inner(): Inner {
    return this as unknown as Inner;
  }

  /**
   * Resolves when there may be something to take: a job was added, a delayed one is due, or enough time has passed.
   * @param dueInMs until the next delayed job is due, if there is one.
   */
  async wait(token: string, dueInMs: number | undefined): Promise<void> {
    this.inner.blockUntil = dueInMs === undefined ? 0 : Date.now() + dueInMs;
    await this.getNextJob(token);
  }

  protected override moveToActive(): Promise<Job<SendJob>> {
    return Promise.resolve(undefined as unknown as Job<SendJob>);
  }
}
