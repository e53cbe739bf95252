/**
 * Messages moved to a new state and nothing else, as acknowledgements and receipts do it: several of a device in one
 * script. The first goes at once; what comes while it is under way goes together, and what comes twice (both devices of a
 * recipient say `delivered`) goes once.
 */
import { type MessageState, shardOfDevice } from '@pombo/contracts';
import { type Batcher, createBatcher, type Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { Keys } from './keys.js';
import type { RetentionLimits } from './message-script-arguments.js';
import { TRANSITION_MANY } from './scripts/message-scripts.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboTransitionMany(
      numberOfKeys: number,
      ...args: Array<string | number>
    ): Result<Array<[number, string]>, Context>;
  }
}

export interface Move {
  readonly changed: boolean;
  /** It is in now; undefined: no such message. */
  readonly state: MessageState | undefined;
}

export type MovePlainly = (messageId: string, deviceId: string, target: MessageState) => Promise<Move>;

const MOST_AT_ONCE = 50;
/** Devices remembered; forgetting one only costs company. */
const DEVICES = 10_000;
const SEPARATOR = ' ';

export function createPlainMoves(redis: Redis, keys: Keys, limits: RetentionLimits): MovePlainly {
  redis.defineCommand('pomboTransitionMany', { lua: TRANSITION_MANY });
  const batchers = new LRUCache<string, Batcher<Move>>({ max: DEVICES });

  const moveAll = async (deviceId: string, moves: readonly string[]): Promise<Map<string, Move>> => {
    const wanted = moves.map((move) => move.split(SEPARATOR) as [MessageState, string]);
    const names = wanted.flatMap(([, id]) => [keys.record(id), keys.content(id)]);
    const reply = await redis.pomboTransitionMany(
      2 + names.length,
      ...[keys.counters(deviceId), keys.outbox(shardOfDevice(deviceId)), ...names],
      ...[limits.recordRetentionMs, limits.outboxRetentionMs],
      ...wanted.flatMap(([target, id]) => [keys.outcome(id), target]),
    );
    return new Map(moves.map((move, nth) => [move, toMove(reply[nth])]));
  };

  const batcherOf = (deviceId: string): Batcher<Move> => {
    const known = batchers.get(deviceId);
    if (known) return known;
    const batcher = createBatcher<Move>(MOST_AT_ONCE, (moves) => moveAll(deviceId, moves));
    batchers.set(deviceId, batcher);
    return batcher;
  };

  return (messageId, deviceId, target) => batcherOf(deviceId).load(`${target}${SEPARATOR}${messageId}`);
}

function toMove([changed, state]: readonly [number, string] = [0, '']): Move {
  return { changed: changed === 1, state: state === '' ? undefined : (state as MessageState) };
}
