/**
 * Accepts messages. All that is accepted for one device in one turn of the event loop goes to Redis as one script, which
 * costs both sides a fraction of one for each; every message still hears its own outcome.
 */
import { type MessageState, PomboError, shardOfDevice } from '@pombo/contracts';
import { atEndOfTurn, type Redis } from '@pombo/runtime';
import type { Cipher } from './cipher.js';
import { defineFollow, type FollowUp, type ScriptArgument } from './follow-up.js';
import type { Keys } from './keys.js';
import type { AcceptResult, MessageDraft, MessageLimits } from './message-draft.js';
import { acceptScript } from './scripts/accept-script.js';
import { sealContent } from './stored-content.js';

/** Of one script: Redis serves nobody else meanwhile, for some milliseconds. */
const MOST_MESSAGES = 32;

interface Waiting {
  readonly draft: MessageDraft;
  readonly sealed: Buffer;
  readonly job: FollowUp | undefined;
  readonly resolve: (result: AcceptResult) => void;
  readonly reject: (error: unknown) => void;
}

/** What the script says of one message. */
type Verdict = number | readonly [string, (number | string)?, MessageState?];

export interface AcceptParts {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly cipher: Cipher;
  readonly limits: MessageLimits;
}

export function createAccept({ redis, keys, cipher, limits }: AcceptParts) {
  /** By device and script; nothing between turns. */
  let gathered = new Map<string, Waiting[]>();

  const run = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const verdicts = await runAccept(redis, batch[0]?.job, keysOf(keys, batch), argsOf(limits, batch));
      for (const [place, waiting] of batch.entries()) settle(waiting, verdicts[place]);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const flush = (): void => {
    const groups = [...gathered.values()];
    gathered = new Map();
    for (const batch of takeTurns(groups)) void run(batch);
  };

  return async (draft: MessageDraft, job?: FollowUp): Promise<AcceptResult> => {
    const sealed = sealContent(cipher, keys.content(draft.id), draft);
    return new Promise((resolve, reject) => {
      const waiting = { draft, sealed, job, resolve, reject };
      const name = `${draft.deviceId} ${job?.name}`;
      const group = gathered.get(name);
      if (group) group.push(waiting);
      else if (gathered.set(name, [waiting]).size === 1) atEndOfTurn(flush);
    });
  };
}

/** One batch of each group, then the next of those that have more: nobody waits for all of somebody else's. */
function* takeTurns(groups: readonly Waiting[][]): Generator<Waiting[]> {
  let left = groups;
  for (let from = 0; left.length > 0; from += MOST_MESSAGES) {
    for (const group of left) yield group.slice(from, from + MOST_MESSAGES);
    left = left.filter(({ length }) => length > from + MOST_MESSAGES);
  }
}

type Command = (...args: ScriptArgument[]) => Promise<Verdict[]>;

async function runAccept(
  redis: Redis,
  job: FollowUp | undefined,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<readonly Verdict[]> {
  const name = job ? `pomboAccept:${job.name}` : 'pomboAccept';
  const commands = redis as unknown as Record<string, Command>;
  if (!(name in commands)) redis.defineCommand(name, { lua: acceptScript(defineFollow(job)) });
  return (commands[name] as Command).call(redis, keys.length, ...keys, ...args);
}

function keysOf(keys: Keys, batch: readonly Waiting[]): string[] {
  const [first] = batch;
  if (!first) return [];
  const { job, draft } = first;
  const { deviceId } = draft;
  const shared = [keys.counters(deviceId), keys.outbox(shardOfDevice(deviceId))];
  const own = batch.flatMap(({ draft: { id } }) => [keys.record(id), keys.content(id)]);
  return [...shared, keys.device(deviceId), keys.messageIndex(deviceId), ...(job?.keys ?? []), ...own];
}

function argsOf(limits: MessageLimits, batch: readonly Waiting[]): ScriptArgument[] {
  const messages = JSON.stringify(batch.map(({ draft }) => describe(draft)));
  const args = [limits.recordRetentionMs, limits.outboxRetentionMs, limits.deviceMaxWaiting, messages];
  return [...args, ...batch.flatMap(({ sealed, job }) => [sealed, ...(job?.args ?? [])])];
}

/** When it is due (0 for at once), life, then fields of the record. */
function describe(draft: MessageDraft): Array<string | number> {
  const fields = [
    draft.sendAt ?? 0,
    draft.expiresInMs,
    't',
    draft.content.type,
    'n',
    draft.tenantId,
    'u',
    draft.userId,
  ];
  fields.push('d', draft.deviceId, 'to', draft.to, 'pr', draft.priority);
  if (draft.clientReference !== undefined) fields.push('ref', wellFormed(draft.clientReference));
  if (draft.retryOf !== undefined) fields.push('of', draft.retryOf);
  if (draft.awaited) fields.push('wait', 1);
  return fields;
}

/** Redis' reader of JSON refuses half a character. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

function settle({ resolve, reject }: Waiting, verdict: Verdict | undefined): void {
  if (typeof verdict === 'number') return resolve({ sequence: verdict });
  const [what, figure, state] = verdict ?? ['error', 'nothing was said of this message'];
  if (what === 'exists') return resolve({ sequence: Number(figure), ...(state === undefined ? {} : { known: state }) });
  reject(REFUSALS[what]?.(Number(figure)) ?? new ScriptError(String(figure)));
}

/** What Redis answered to one message of many; looks like its answer to a command. */
class ScriptError extends Error {
  override readonly name = 'ReplyError';
}

/** No session is opened for such a device until someone asks for it, so nothing new would be sent before it expires. */
export function deviceBanned(): PomboError {
  return new PomboError(
    'DEVICE_NOT_READY',
    'WhatsApp has banned the account of this device: when the phone can use WhatsApp again, connect it with POST /connect',
  );
}

const REFUSALS: Readonly<Record<string, (waiting: number) => PomboError>> = {
  full: (waiting) =>
    new PomboError(
      'RATE_LIMITED',
      `${waiting} messages already wait for this device; send more when it has caught up`,
      {
        retryAfterSeconds: 30,
      },
    ),
  'no-device': () => new PomboError('DEVICE_NOT_FOUND', 'this device no longer exists'),
  'not-paired': () =>
    new PomboError(
      'DEVICE_NOT_READY',
      'this device is not paired with a phone yet: get a code from GET /qr and scan it',
    ),
  banned: deviceBanned,
};
