/**
 * BullMQ takes several steps to say how a job is added; two jobs of a queue with the same options differ in their id, their
 * time and their data only. So what it said of one is the mould of the next.
 */
import type { SendJob } from '@pombo/contracts';
import type { FollowUp } from '@pombo/store';

/** @returns how BullMQ would add that job; undefined when its id does not fit. */
export type JobMould = (messageId: string, data: SendJob, timestamp: number) => FollowUp | undefined;

interface Cast {
  readonly described: FollowUp;
  readonly messageId: string;
  readonly data: SendJob;
  readonly timestamp: number;
}

/** MessagePack's mark of a 64-bit floating point number, which a time of our days is. */
const FLOAT_64 = 0xcb;

/** @returns undefined when what BullMQ said does not look as it should; then it has to be asked each time. */
export function createJobMould({ described, messageId, data, timestamp }: Cast): JobMould | undefined {
  // Copies, since whoever packs may use its memory again.
  const [packed, json, ...rest] = described.args.map((part) => (Buffer.isBuffer(part) ? Buffer.from(part) : part));
  if (!Buffer.isBuffer(packed) || json !== JSON.stringify(data)) return undefined;
  const idAt = placeOf(packed, Buffer.from(messageId));
  const time = Buffer.alloc(9, FLOAT_64);
  time.writeDoubleBE(timestamp, 1);
  const timeAt = placeOf(packed, time);
  if (idAt === undefined || timeAt === undefined || described.keys.some((key) => key.includes(messageId)))
    return undefined;

  return (nextId, nextData, nextTimestamp) => {
    if (nextId.length !== messageId.length) return undefined;
    const next = Buffer.from(packed);
    next.write(nextId, idAt, 'latin1');
    next.writeDoubleBE(nextTimestamp, timeAt + 1);
    return { ...described, args: [next, JSON.stringify(nextData), ...rest] };
  };
}

/** Where something stands once and only once. */
function placeOf(bytes: Buffer, part: Buffer): number | undefined {
  const at = bytes.indexOf(part);
  return at < 0 || bytes.includes(part, at + 1) ? undefined : at;
}
