/** Messages in Redis: accept, take up, dispatch, move, read. */
import {
  createMessageId,
  isMessageId,
  type MessageContent,
  type MessageRecord,
  type MessageState,
  NO_PACING,
  type Pacing,
  type SendMetadata,
  type Shard,
  shardOfDevice,
  shardOfMessage,
  UNNAMED_DOCUMENT,
} from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Cipher } from './cipher.js';
import type { Keys } from './keys.js';
import { createAccept } from './accept-messages.js';
import type { FollowUp } from './follow-up.js';
import type { AcceptResult, MessageDraft, MessageLimits } from './message-draft.js';
import { sharedArgsOf, sharedKeysOf } from './message-script-arguments.js';
import type { Place } from './message-index.js';
import { metadataToFields, recordFromFields } from './message-fields.js';
import { encodeLimits } from './pacings.js';
import { createPlainMoves } from './plain-moves.js';
import { ERASE_MESSAGE } from './scripts/erase-message.js';
import {
  AWAIT,
  BEGIN,
  CANCEL,
  DISPATCH,
  DISPATCH_KEYS,
  READ_MANY,
  TRANSITION,
  SHARED_KEYS,
} from './scripts/message-scripts.js';
import { openContent } from './stored-content.js';

type Args = Array<string | number | Buffer>;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboEraseMessage(...args: Args): Result<0 | 1 | 2, Context>;
    pomboAwait(...args: Args): Result<number, Context>;
    pomboReadMany(...args: Args): Result<string, Context>;
    pomboCancel(...args: Args): Result<['canceled' | 'late' | 'gone', number?], Context>;
    pomboTransition(...args: Args): Result<[number, string | null], Context>;
    pomboBeginBuffer(
      ...args: Args
    ): Result<[Buffer, Buffer[] | Buffer | undefined, Buffer | null | undefined, number?], Context>;
    pomboDispatch(...args: Args): Result<[string, (string | number)?, string?, string?], Context>;
  }
}

export type MessageSummary = Pick<MessageRecord, 'tenantId' | 'state' | 'clientReference'>;

export type MessageAddress = Pick<MessageRecord, 'tenantId' | 'to' | 'chatJid' | 'queuedAt'>;

export type BeginResult =
  | { readonly verdict: 'go'; readonly record: MessageRecord; readonly content: MessageContent }
  /** `stale`: another worker owns the device; `gone`: no such message; `settled`: nothing left to do. */
  | { readonly verdict: 'stale' | 'gone' | 'settled' };

export type DispatchResult =
  | { readonly verdict: 'go'; readonly dispatchedBefore: boolean }
  | { readonly verdict: 'stale' | 'gone' | 'settled' }
  | HoldResult;

/** Pacing, or a restriction of the account, keeps the message back; nothing was written. */
export interface HoldResult {
  readonly verdict: 'hold';
  /** Time until it may leave, as things are now. */
  readonly leftMs: number;
  /** The limit that is reached, or `restricted`. */
  readonly why: string;
  /** Whether all messages of the device are held, or those to new chats. */
  readonly scope: 'chat' | 'device';
}

/** `late`: it may have left, or has ended otherwise; `gone`: no such message. */
export type CancelResult =
  { readonly verdict: 'canceled'; readonly changed: boolean } | { readonly verdict: 'late' | 'gone' };

/** What preparing a message found out. */
export interface SendFindings {
  readonly chatJid?: string;
  readonly metadata?: SendMetadata;
}

export interface DispatchOptions extends SendFindings {
  /** Name under which the chat is remembered; absent for one that is never new, a group. */
  readonly chat?: string;
  /** Limits of devices that have none of their own. Default: none. */
  readonly pacing?: Pacing;
  /** What goes out, as `SentMessages.seal` gives it. */
  readonly sent?: Buffer;
}

/** What may be written together with a new state. */
export interface TransitionDetails extends SendFindings {
  readonly error?: { readonly code: string; readonly message: string };
}

export interface Messages {
  createId(deviceId: string): string;
  /**
   * Writes record and content and, in the same step, the job: there is never one without the other. Idempotent by id: a
   * message that is there already gets its job, where it still needs one, and stays as it is.
   * @throws PomboError RATE_LIMITED, DEVICE_NOT_FOUND or DEVICE_NOT_READY; then nothing was written.
   */
  accept(draft: MessageDraft, job?: FollowUp): Promise<AcceptResult>;
  /** Takes a message up under the epoch of the device's lease. Its `expiresAt` is told by this machine's clock. */
  begin(messageId: string, deviceId: string, epoch: number): Promise<BeginResult>;
  /** What is given is written with the dispatch, so that it outlives the worker. */
  dispatch(messageId: string, deviceId: string, epoch: number, options?: DispatchOptions): Promise<DispatchResult>;
  /** @returns whether the state changed, and the state the message is in now (undefined: no such message). */
  transition(
    messageId: string,
    deviceId: string,
    target: MessageState,
    details?: TransitionDetails,
  ): Promise<{ changed: boolean; state: MessageState | undefined }>;
  /** Cancels what has not been dispatched. */
  cancel(messageId: string, deviceId: string): Promise<CancelResult>;
  /** Lets the outcome be told, for someone who waits only now. @returns false when there is no such message. */
  tellOutcome(messageId: string): Promise<boolean>;
  read(messageId: string): Promise<MessageRecord | undefined>;
  /** @param told what came on the channel of the message's outcome. @returns undefined where that says nothing. */
  readOutcome(messageId: string, told: string): Promise<MessageRecord | undefined>;
  /** Many at once, in the order of the ids; undefined where there is no such message any more. */
  readMany(messageIds: readonly string[]): Promise<Array<MessageRecord | undefined>>;
  /** What lists are filtered by, in one round trip; undefined where there is no such message any more. */
  readSummaries(messageIds: readonly string[]): Promise<Array<MessageSummary | undefined>>;
  readContent(messageId: string): Promise<MessageContent | undefined>;
  /** To whom messages go, in one round trip; undefined where there is no such message any more. */
  readRecipients(messageIds: readonly string[]): Promise<Array<MessageAddress | undefined>>;
  /** Removes a message for good; one that can still be canceled is canceled first. @param place in its device's list. */
  erase(messageId: string, place: Place): Promise<'canceled' | 'erased' | 'gone'>;
}

export function createMessages(redis: Redis, keys: Keys, cipher: Cipher, limits: MessageLimits): Messages {
  defineScripts(redis);
  const movePlainly = createPlainMoves(redis, keys, limits);

  const keysOf = (id: string, deviceId: string): string[] => sharedKeysOf(keys, id, deviceId);
  const argsOf = (id: string): Args => sharedArgsOf(keys, id, limits);

  const readContent = async (
    id: string,
    isWanted?: (sealed: Buffer) => boolean,
  ): Promise<MessageContent | undefined> => {
    const sealed = await redis.getBuffer(keys.content(id));
    if (sealed === null || isWanted?.(sealed) === false) return undefined;
    return openContent(cipher, keys.content(id), sealed).content;
  };
  /** A file's name says something, so it lies only in the encrypted content. */
  const withFileName = async (record: MessageRecord): Promise<MessageRecord> => {
    if (record.type !== 'document') return record;
    // Without its key the name is as good as gone, and the rest can be told.
    const content = await readContent(record.id, (sealed) => cipher.knows(sealed));
    if (content?.type !== 'document') return record;
    return { ...record, metadata: { ...record.metadata, file_name: content.file_name ?? UNNAMED_DOCUMENT } };
  };

  const read = async (id: string): Promise<MessageRecord | undefined> => {
    const fields = await redis.hgetall(keys.record(id));
    return fields['st'] === undefined ? undefined : withFileName(recordFromFields(id, fields));
  };

  const readPairs = (id: string, pairs: readonly string[]): MessageRecord =>
    recordFromFields(id, fieldsFromPairs(pairs));

  const readShard = async (ids: readonly string[]): Promise<MessageRecord[]> => {
    const text = await redis.pomboReadMany(ids.length, ...ids.map((id) => keys.record(id)));
    // An empty table is an object to cjson.
    const found = JSON.parse(text) as Array<readonly string[] | Record<string, never>>;
    const records: MessageRecord[] = [];
    for (const [place, pairs] of found.entries()) {
      if (Array.isArray(pairs)) records.push(readPairs(ids[place] ?? '', pairs as string[]));
    }
    return records.some(({ type }) => type === 'document') ? Promise.all(records.map(withFileName)) : records;
  };

  return {
    createId: (deviceId) => createMessageId(shardOfDevice(deviceId)),

    accept: createAccept({ redis, keys, cipher, limits }),

    async begin(id, deviceId, epoch) {
      const reply = await redis.pomboBeginBuffer(...keysOf(id, deviceId), keys.lease(deviceId), ...argsOf(id), epoch);
      const verdict = reply[0].toString();
      if (verdict !== 'go') return { verdict: verdict as 'stale' | 'gone' | 'settled' };
      const sealed = reply[2];
      if (!sealed) return { verdict: 'gone' };
      const record = recordFromFields(id, pairsToObject(reply[1] as Buffer[]));
      const aheadMs = Date.now() - (reply[3] ?? 0);
      return {
        verdict: 'go',
        record: { ...record, expiresAt: record.expiresAt + aheadMs },
        content: openContent(cipher, keys.content(id), sealed).content,
      };
    },

    async dispatch(id, deviceId, epoch, { chat = '', pacing = NO_PACING, sent = '', ...found } = {}) {
      const [verdict, figure, why, scope] = await redis.pomboDispatch(
        ...keysOf(id, deviceId),
        ...[keys.lease(deviceId), keys.pace(deviceId), keys.paceMinute(deviceId), keys.chats(deviceId)],
        ...argsOf(id),
        ...[epoch, chat, encodeLimits(pacing), Math.random()],
        ...[limits.chatRetentionMs, sent],
        ...detailsToFields(found),
      );
      if (verdict === 'go') return { verdict, dispatchedBefore: figure === 1 };
      if (verdict !== 'hold') return { verdict: verdict as 'stale' | 'gone' | 'settled' };
      return { verdict, leftMs: Number(figure), why: String(why), scope: scope as 'chat' | 'device' };
    },

    async transition(id, deviceId, target, details) {
      if (!details) return movePlainly(id, deviceId, target);
      const [changed, state] = await redis.pomboTransition(
        ...keysOf(id, deviceId),
        ...argsOf(id),
        target,
        ...detailsToFields(details),
      );
      return { changed: changed === 1, state: (state ?? undefined) as MessageState | undefined };
    },

    async cancel(id, deviceId) {
      const [verdict, changed] = await redis.pomboCancel(...keysOf(id, deviceId), ...argsOf(id));
      return verdict === 'canceled' ? { verdict, changed: changed === 1 } : { verdict };
    },

    tellOutcome: async (id) => (await redis.pomboAwait(keys.record(id))) === 1,

    async read(id) {
      return isMessageId(id) ? read(id) : undefined;
    },

    async readOutcome(id, told) {
      // A worker of an earlier version tells nothing but the state.
      return told.startsWith('[') ? withFileName(readPairs(id, JSON.parse(told) as string[])) : undefined;
    },

    async readMany(ids) {
      const found = await Promise.all([...groupByShard(ids).values()].map(readShard));
      const records = new Map<string, MessageRecord>();
      for (const own of found) for (const record of own) records.set(record.id, record);
      return ids.map((id) => records.get(id));
    },

    async readSummaries(ids) {
      const found = await Promise.all(ids.map((id) => redis.hmget(keys.record(id), 'n', 'st', 'ref')));
      return found.map(([tenantId, state, clientReference]) => {
        if (!tenantId || !state) return undefined;
        return { tenantId, state: state as MessageState, ...(clientReference ? { clientReference } : {}) };
      });
    },

    readContent: (id) => readContent(id),

    async readRecipients(ids) {
      const found = await Promise.all(ids.map((id) => redis.hmget(keys.record(id), 'n', 'to', 'qAt', 'chat')));
      return found.map(([tenantId, to, queuedAt, chatJid]) => {
        if (!tenantId || !to) return undefined;
        return { tenantId, to, queuedAt: Number(queuedAt), ...(chatJid ? { chatJid } : {}) };
      });
    },

    async erase(id, { deviceId, at, number }) {
      const list = keys.messageIndex(deviceId);
      const verdict = await redis.pomboEraseMessage(...keysOf(id, deviceId), list, ...argsOf(id), `${at}-${number}`);
      return (['gone', 'erased', 'canceled'] as const)[verdict];
    },
  };
}

function defineScripts(redis: Redis): void {
  redis.defineCommand('pomboEraseMessage', { numberOfKeys: SHARED_KEYS + 1, lua: ERASE_MESSAGE });
  redis.defineCommand('pomboAwait', { numberOfKeys: 1, lua: AWAIT });
  redis.defineCommand('pomboReadMany', { lua: READ_MANY });
  redis.defineCommand('pomboCancel', { numberOfKeys: SHARED_KEYS, lua: CANCEL });
  redis.defineCommand('pomboTransition', { numberOfKeys: SHARED_KEYS, lua: TRANSITION });
  redis.defineCommand('pomboBegin', { numberOfKeys: SHARED_KEYS + 1, lua: BEGIN });
  redis.defineCommand('pomboDispatch', { numberOfKeys: DISPATCH_KEYS, lua: DISPATCH });
}

function detailsToFields({ chatJid, error, metadata }: TransitionDetails): string[] {
  return [
    ...(chatJid === undefined ? [] : ['chat', chatJid]),
    ...(error === undefined ? [] : ['code', error.code, 'err', error.message]),
    ...(metadata === undefined ? [] : metadataToFields(metadata)),
  ];
}

function groupByShard(ids: readonly string[]): Map<Shard, string[]> {
  const groups = new Map<Shard, string[]>();
  for (const id of ids) {
    const shard = shardOfMessage(id);
    const group = groups.get(shard);
    if (group) group.push(id);
    else groups.set(shard, [id]);
  }
  return groups;
}

function fieldsFromPairs(pairs: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < pairs.length; i += 2) fields[pairs[i] ?? ''] = pairs[i + 1] ?? '';
  return fields;
}

function pairsToObject(pairs: readonly Buffer[]): Record<string, string> {
  const object: Record<string, string> = {};
  for (let i = 0; i + 1 < pairs.length; i += 2) object[String(pairs[i])] = String(pairs[i + 1]);
  return object;
}
