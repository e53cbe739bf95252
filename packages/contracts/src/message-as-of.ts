/**
 * A message as it was when one of its events came to be. Events are delivered later, some days later, and must say the
 * same on every attempt: what came after is left out, and what the record has forgotten since is told by the event.
 */
import { ERROR_CODES, type ErrorCode } from './errors.js';
import type { OutboxEvent } from './events.js';
import type { MessageRecord } from './message-record.js';
import { isAcknowledged, isFailure, type MessageState } from './message-state.js';

/** Times in the order in which a message gets them. */
const STAMPS = [
  ['processing', 'processingAt'],
  ['processing', 'dispatchedAt'],
  ['sent', 'sentAt'],
  ['delivered', 'deliveredAt'],
  ['read', 'readAt'],
  ['played', 'playedAt'],
  ['failed', 'failedAt'],
  ['canceled', 'canceledAt'],
  ['expired', 'expiredAt'],
] as const satisfies ReadonlyArray<readonly [MessageState, keyof MessageRecord]>;

const RANK: Readonly<Partial<Record<MessageState, number>>> = {
  queued: 0,
  processing: 1,
  sent: 2,
  delivered: 3,
  read: 4,
  played: 5,
};

/** What is said of a failure the record no longer shows, because the message arrived after all. */
const GIVEN_UP = 'it was not known whether the message had left, and it was given up';

/** @param event one of the message's own. */
export function messageAsOf(record: MessageRecord, { event, at, errorCode }: OutboxEvent): MessageRecord {
  const state = event.slice(event.indexOf('.') + 1) as MessageState;
  const { error, errorCode: recorded, metadata, ...rest } = record;
  const own = `${state}At` as keyof MessageRecord;
  return {
    ...withoutLater(rest, state),
    ...(isFailure(state) ? failureAt(at, own, { error, recorded, errorCode }) : {}),
    state,
    metadata: isAcknowledged(state) ? metadata : {},
  } as MessageRecord;
}

function withoutLater(record: Omit<MessageRecord, 'metadata'>, state: MessageState): Record<string, unknown> {
  const kept: Record<string, unknown> = { ...record };
  for (const [stage, field] of STAMPS) if (comesAfter(stage, state)) delete kept[field];
  return kept;
}

/** Whether a time of `stage` is not known yet, or never, in `state`. */
function comesAfter(stage: MessageState, state: MessageState): boolean {
  if (stage === state) return false;
  const [own, other] = [RANK[state], RANK[stage]];
  if (own !== undefined) return other === undefined || other > own;
  return stage !== 'processing';
}

interface Failure {
  readonly error: string | undefined;
  readonly recorded: ErrorCode | undefined;
  readonly errorCode: string | undefined;
}

function failureAt(at: number, own: keyof MessageRecord, { error, recorded, errorCode }: Failure) {
  const code = errorCode !== undefined && errorCode in ERROR_CODES ? (errorCode as ErrorCode) : recorded;
  const text = code === recorded ? error : GIVEN_UP;
  return {
    [own]: at,
    ...(code === undefined ? {} : { errorCode: code }),
    ...(text === undefined ? {} : { error: text }),
  };
}
