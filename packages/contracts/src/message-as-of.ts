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

type TimeField = (typeof STAMPS)[number][1];

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

/** What the record holds as long as it is being made; what is not known then is undefined. */
type Draft = { -readonly [Field in keyof MessageRecord]: MessageRecord[Field] | undefined };

/** One copy and no `delete`: every event that is delivered goes through here. @param event one of the message's own. */
export function messageAsOf(record: MessageRecord, { event, at, errorCode }: OutboxEvent): MessageRecord {
  const state = event.slice(event.indexOf('.') + 1) as MessageState;
  const { error, errorCode: recorded } = record;
  const told: Draft = { ...record };
  told.state = state;
  if (!isAcknowledged(state)) told.metadata = {};
  for (const field of timesAfter(state)) if (told[field] !== undefined) told[field] = undefined;
  if (recorded !== undefined || error !== undefined) told.error = told.errorCode = undefined;
  if (isFailure(state)) Object.assign(told, failureAt(at, `${state}At`, { error, recorded, errorCode }));
  return told as MessageRecord;
}

/** By state, the times it does not have yet. */
const laterTimes = new Map<MessageState, readonly TimeField[]>();

function timesAfter(state: MessageState): readonly TimeField[] {
  const known = laterTimes.get(state);
  if (known) return known;
  const later = STAMPS.filter(([stage]) => comesAfter(stage, state)).map(([, field]) => field);
  laterTimes.set(state, later);
  return later;
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

function failureAt(at: number, own: string, { error, recorded, errorCode }: Failure) {
  const code = errorCode !== undefined && errorCode in ERROR_CODES ? (errorCode as ErrorCode) : recorded;
  const text = code === recorded ? error : GIVEN_UP;
  return {
    [own]: at,
    ...(code === undefined ? {} : { errorCode: code }),
    ...(text === undefined ? {} : { error: text }),
  };
}
