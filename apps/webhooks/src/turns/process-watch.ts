/** Says that this process is alive, and has what a dead one left behind taken up. */
import { describeError, type Logger } from '@pombo/runtime';
import type { WebhookProcesses } from '@pombo/store';

export interface ProcessWatch {
  start(): void;
  stop(): Promise<void>;
}

export interface ProcessWatchOptions {
  readonly owner: string;
  /** After this long without a word a process is dead. */
  readonly leaseMs: number;
  readonly processes: WebhookProcesses;
  readonly onDeath: () => void;
  readonly logger: Logger;
}

export function createProcessWatch({ owner, leaseMs, processes, onDeath, logger }: ProcessWatchOptions): ProcessWatch {
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> | undefined;

  const beat = (): void => {
    beating ??= processes
      .beat(owner, leaseMs)
      .then((dead) => {
        if (dead === 0) return;
        logger.warn('another webhooks process died; what it had in hand is taken up', { dead });
        onDeath();
      })
      .catch((error: unknown) => logger.error('could not say that this process is alive', describeError(error)))
      .finally(() => (beating = undefined));
  };

  return {
    start() {
      beat();
      timer = setInterval(beat, leaseMs / 5);
    },
    async stop() {
      clearInterval(timer);
      await beating;
      await processes.leave(owner);
    },
  };
}
