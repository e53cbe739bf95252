/** Adds send jobs. The job travels in the same pipeline as the record's accept script: one round trip, one slot. */
import { type Priority, type SendJob, shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Keys } from '@pombo/store';
import { Job, Queue } from 'bullmq';
import type { ChainableCommander } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { EVENT_STREAM_LENGTH, JOB_PRIORITY, queueNameOf } from './queue-names.js';

export interface SendJobDraft {
  readonly messageId: string;
  readonly deviceId: string;
  readonly priority: Priority;
  readonly requestId: string;
  /** Milliseconds until it is due; 0 for now. */
  readonly delayMs: number;
}

export interface Producer {
  /** Makes sure BullMQ's scripts are known to the connection. Once, before the first job. */
  ready(): Promise<void>;
  /** Appends the job to a pipeline of the producer's own connection. A job id that exists adds nothing. */
  add(pipeline: ChainableCommander, job: SendJobDraft): Promise<void>;
  /** Takes back a job whose message was refused. */
  remove(messageId: string, deviceId: string): Promise<void>;
  close(): Promise<void>;
}

/** Queue objects kept; one more is only an object, not a connection. */
const QUEUES_KEPT = 10_000;

/** BullMQ's own scripts are commands on the client, called by name. */
type ScriptedPipeline = ChainableCommander & Record<string, (args: unknown[]) => unknown>;

/** @param redis stays the caller's to close. */
export function createProducer(redis: Redis, keys: Keys): Producer {
  const queues = new LRUCache<string, Queue<SendJob>>({ max: QUEUES_KEPT });

  const queueOf = (deviceId: string): Queue<SendJob> => {
    const known = queues.get(deviceId);
    if (known) return known;
    const queue = new Queue<SendJob>(queueNameOf(deviceId), {
      connection: redis,
      prefix: keys.queuePrefix(shardOfDevice(deviceId)),
      streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
    });
    // Repeats the connection's errors, which whoever made the connection already logs; unheard, BullMQ prints them.
    queue.on('error', () => undefined);
    queues.set(deviceId, queue);
    return queue;
  };

  return {
    async ready() {
      const queue = new Queue('ready', { connection: redis, skipMetasUpdate: true });
      await queue.waitUntilReady();
      await queue.close();
    },
    async add(pipeline, { messageId, deviceId, priority, requestId, delayMs }) {
      const options = { priority: JOB_PRIORITY[priority], delay: delayMs, jobId: messageId };
      const job = new Job<SendJob>(queueOf(deviceId), 'send', { requestId }, options, messageId);
      const runCommand = (name: string, args: unknown[]): void => {
        (pipeline as ScriptedPipeline)[name]?.(args);
      };
      await job.addJob({ runCommand } as unknown as Parameters<typeof job.addJob>[0]);
    },
    async remove(messageId, deviceId) {
      await queueOf(deviceId).remove(messageId);
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
