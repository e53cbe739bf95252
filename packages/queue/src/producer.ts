/** Adds send jobs: not by itself, but within the script that accepts the message. */
import { type Priority, type SendJob, shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { FollowUp, Keys } from '@pombo/store';
import { Job, Queue } from 'bullmq';
import { addDelayedJob } from 'bullmq/dist/cjs/scripts/addDelayedJob-6.js';
import { addPrioritizedJob } from 'bullmq/dist/cjs/scripts/addPrioritizedJob-9.js';
import { LRUCache } from 'lru-cache';
import { createJobMould, type JobMould } from './job-mould.js';
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
  /** The job, for whoever accepts its message. A job id that exists adds nothing. */
  describe(job: SendJobDraft): Promise<FollowUp>;
  /** Takes back a job that nobody has in hand. */
  remove(messageId: string, deviceId: string): Promise<void>;
  close(): Promise<void>;
}

/** Queue objects kept; one more is only an object, not a connection. */
const QUEUES_KEPT = 10_000;

/** BullMQ's own scripts that add a job, by the name it calls them. */
const SCRIPTS = new Map([addPrioritizedJob, addDelayedJob].map((script) => [script.name, script]));

/** @param redis stays the caller's to close. */
export function createProducer(redis: Redis, keys: Keys): Producer {
  const queues = new LRUCache<string, Queue<SendJob>>({ max: QUEUES_KEPT });
  /** By device and priority, of jobs that are due at once. */
  const moulds = new LRUCache<string, JobMould>({ max: QUEUES_KEPT });

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

  const describeAnew = async ({ messageId, deviceId, priority, requestId, delayMs }: SendJobDraft) => {
    const options = { priority: JOB_PRIORITY[priority], ...(delayMs > 0 ? { delay: delayMs } : {}) };
    const data = { requestId };
    const job = new Job<SendJob>(queueOf(deviceId), 'send', data, options, messageId);
    let described: FollowUp | undefined;
    const runCommand = (versioned: string, all: Array<string | Buffer>): void => {
      described = describe(versioned, all);
    };
    await job.addJob({ runCommand } as unknown as Parameters<typeof job.addJob>[0]);
    if (!described) throw new Error('BullMQ did not say how it adds a job');
    return { described, messageId, data, timestamp: job.timestamp };
  };

  return {
    async describe(draft) {
      const { messageId, deviceId, priority, requestId, delayMs } = draft;
      if (delayMs > 0) return (await describeAnew(draft)).described;
      const kind = `${deviceId} ${priority}`;
      const moulded = moulds.get(kind)?.(messageId, { requestId }, Date.now());
      if (moulded) return moulded;
      const cast = await describeAnew(draft);
      const mould = createJobMould(cast);
      if (mould) moulds.set(kind, mould);
      return cast.described;
    },
    async remove(messageId, deviceId) {
      await queueOf(deviceId).remove(messageId);
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** @param versioned as in `addPrioritizedJob:6.7.0`. @param all the script's keys, then its arguments. */
function describe(versioned: string, all: Array<string | Buffer>): FollowUp {
  const script = SCRIPTS.get(versioned.split(':', 1)[0] ?? '');
  if (!script) throw new Error(`BullMQ adds the job in a way that is not known here: ${versioned}`);
  const { name, content, keys } = script;
  return { name, lua: content, keys: all.slice(0, keys) as string[], args: all.slice(keys) };
}
