/**
 * A device's messages in the order they were accepted: a stream, since its entries are ordered and unique even within a
 * millisecond, and cost some 30 bytes where a sorted set takes over 100. The accept script writes it.
 */
import { isDeviceId, messageIdOf, shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

/** Where a message stands among all messages: by time, then by number within the millisecond, then by device. */
export interface Place {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly number: number;
  readonly deviceId: string;
}

export interface IndexEntry extends Place {
  /** The record may be gone by now. */
  readonly messageId: string;
}

export interface MessageIndex {
  /** @returns what stands behind `after`, newest first; fewer than `count` when there is no more. */
  read(deviceId: string, after: Place | undefined, count: number): Promise<IndexEntry[]>;
  /** @returns what came after a place, written as `at-number`, oldest first. */
  readOldest(deviceId: string, after: string | undefined, count: number): Promise<IndexEntry[]>;
}

export function createMessageIndex(redis: Redis, keys: Keys): MessageIndex {
  const toEntries = (deviceId: string, found: ReadonlyArray<[string, string[]]>): IndexEntry[] =>
    found.map(([entryId, [, tail = '']]) => {
      const [at, number] = entryId.split('-').map(Number);
      return { at: at ?? 0, number: number ?? 0, deviceId, messageId: messageIdOf(shardOfDevice(deviceId), tail) };
    });
  return {
    async read(deviceId, after, count) {
      const end = endFor(deviceId, after);
      return toEntries(deviceId, await redis.xrevrange(keys.messageIndex(deviceId), end, '-', 'COUNT', count));
    },
    async readOldest(deviceId, after, count) {
      const start = after === undefined ? '-' : `(${after}`;
      return toEntries(deviceId, await redis.xrange(keys.messageIndex(deviceId), start, '+', 'COUNT', count));
    },
  };
}

/** Entries of one device have one place each; between devices of the same place, the later name stands first. */
function endFor(deviceId: string, after: Place | undefined): string {
  if (!after) return '+';
  return `${deviceId < after.deviceId ? '' : '('}${after.at}-${after.number}`;
}

/** Whether `a` stands before `b`, newest first. */
export function standsBefore(a: Place, b: Place): boolean {
  if (a.at !== b.at) return a.at > b.at;
  return a.number === b.number ? a.deviceId > b.deviceId : a.number > b.number;
}

/** As an opaque text for a client, and back. */
export function encodePlace({ at, number, deviceId }: Place): string {
  return Buffer.from(`${at}-${number}.${deviceId}`).toString('base64url');
}

const PLACE = /^(\d{1,15})-(\d{1,15})\.(.*)$/;

/** @returns undefined for what `encodePlace` did not make. */
export function decodePlace(text: string): Place | undefined {
  const [, at, number, deviceId = ''] = PLACE.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  return isDeviceId(deviceId) ? { at: Number(at), number: Number(number), deviceId } : undefined;
}
