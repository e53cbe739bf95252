/**
 * One walk over the list of a device's messages, looking for those that wait and have no job: a crash of Redis may have
 * kept the one and lost the other. They are queued again under their ids.
 */
import { MINUTE } from '@pombo/runtime';
import type { WaitingJobs } from '@pombo/queue';
import type { Leftovers, WaitingMessage } from '@pombo/store';
import type { JanitorMetrics } from './janitor-metrics.js';

export interface RepairTools {
  readonly leftovers: Leftovers;
  readonly jobs: WaitingJobs;
  readonly metrics: JanitorMetrics;
}

export interface Repair {
  /** One page. @returns false when there is no more. */
  step(): Promise<boolean>;
  /** Jobs added so far. */
  readonly repaired: number;
}

const PAGE = 200;
/** A younger message may still be on its way into the queue. */
const GRACE_MS = MINUTE;

/** @param now Redis' time, ms since the epoch. */
export function beginRepair(deviceId: string, now: number, { leftovers, jobs, metrics }: RepairTools): Repair {
  let after = '0';
  let repaired = 0;

  const isLost = (message: WaitingMessage | undefined): message is WaitingMessage =>
    message !== undefined &&
    (message.state === 'queued' || message.state === 'processing') &&
    message.queuedAt + GRACE_MS <= now;

  const mend = async (ids: readonly string[]): Promise<void> => {
    const messages = await leftovers.readWaiting(ids);
    const waiting = ids.flatMap((id, i) => (isLost(messages[i]) ? [{ id, ...messages[i] }] : []));
    const exist = await jobs.exist(
      waiting.map(({ id }) => id),
      deviceId,
    );
    // One after the other: in the order they were accepted.
    for (const [i, { id, priority, sendAt = now }] of waiting.entries()) {
      if (exist[i]) continue;
      await jobs.add(id, deviceId, priority, sendAt - now);
      repaired += 1;
      metrics.janitorDone.inc({ what: 'job_repaired' });
    }
  };

  return {
    async step() {
      const { ids, end } = await leftovers.readIndex(deviceId, after, PAGE);
      await mend(ids);
      after = end ?? after;
      return end !== undefined;
    },
    get repaired() {
      return repaired;
    },
  };
}
