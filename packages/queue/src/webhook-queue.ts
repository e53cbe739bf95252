/**
 * The queue `webhooks`: turns of endpoints. A job says that an endpoint has something to deliver, not what: the events
 * wait in the endpoint's own list, so that one endpoint's million events stand in nobody's way, and one script call takes
 * many. The queue spreads turns over processes, keeps those that are not due yet, and gives back those of a process that
 * died.
 */
import { describeError, type Logger, MINUTE, type Redis, SECOND } from '@pombo/runtime';
import type { Keys, WebhookName, WebhookTurn } from '@pombo/store';
import { Queue, Worker } from 'bullmq';
import { EVENT_STREAM_LENGTH } from './queue-names.js';

type TurnJob = Pick<WebhookTurn, 'tenantId' | 'webhookId'>;

export interface WebhookQueue {
  /** Adding a turn again changes nothing. */
  add(turns: readonly WebhookTurn[]): Promise<void>;
  close(): Promise<void>;
}

export interface WebhookConsumer {
  /** Takes no more turns, and waits for those in hand: whoever calls it has made them end. */
  close(): Promise<void>;
}

export interface WebhookConsumerOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  /** Turns in hand at once. One that waits for a slow endpoint costs next to nothing. */
  readonly concurrency: number;
  readonly process: (name: WebhookName) => Promise<void>;
  readonly logger: Logger;
}

const QUEUE = 'webhooks';
const LOCK_MS = 30 * SECOND;
/** A turn that was lost with its process is planned anew by the sweep; this is only the backstop. */
const STALLED_CHECK_MS = MINUTE;
const LEAVE_NOTHING = { count: 0 };

/** @param redis stays the caller's to close. */
export function createWebhookQueue(redis: Redis, keys: Keys): WebhookQueue {
  const queue = new Queue<TurnJob>(QUEUE, {
    connection: redis,
    prefix: keys.webhookQueuePrefix,
    streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
  });
  // Repeats the connection's errors, which whoever made the connection already logs; unheard, BullMQ prints them.
  queue.on('error', () => undefined);
  return {
    async add(turns) {
      if (turns.length === 0) return;
      await queue.addBulk(
        turns.map(({ tenantId, webhookId, turn, delayMs }) => ({
          name: 'turn',
          data: { tenantId, webhookId },
          opts: {
            jobId: `${webhookId}.${turn}`,
            delay: Math.max(0, Math.round(delayMs)),
            removeOnComplete: true,
            removeOnFail: true,
          },
        })),
      );
    },
    close: () => queue.close(),
  };
}

export function createWebhookConsumer(options: WebhookConsumerOptions): WebhookConsumer {
  const { redis, keys, concurrency, process, logger } = options;
  const worker = new Worker<TurnJob>(
    QUEUE,
    async ({ data }) => process({ tenantId: data.tenantId, webhookId: data.webhookId }),
    {
      connection: redis,
      prefix: keys.webhookQueuePrefix,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      removeOnComplete: LEAVE_NOTHING,
      removeOnFail: LEAVE_NOTHING,
    },
  );
  worker.on('error', (error) => logger.warn('webhook queue error', describeError(error)));
  return { close: () => worker.close() };
}
