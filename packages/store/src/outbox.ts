/**
 * Events waiting to be relayed to webhooks. Message events are appended by the scripts that move a message, in the
 * same step; this is for the others, and for reading.
 */
import { type EventName, isMessageId, type OutboxEvent, type Shard, shardOfDevice } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

export interface Outbox {
  /** Appends an event of a device. */
  appendDeviceEvent(deviceId: string, event: EventName): Promise<void>;
  /** Oldest first. */
  read(shard: Shard, limit: number): Promise<OutboxEvent[]>;
}

/** @param retentionMs entries older than this are trimmed as new ones come. */
export function createOutbox(redis: Redis, keys: Keys, retentionMs: number): Outbox {
  return {
    async appendDeviceEvent(deviceId, event) {
      const now = Date.now();
      const stream = keys.outbox(shardOfDevice(deviceId));
      await redis.xadd(
        stream,
        'MINID',
        '~',
        now - retentionMs,
        '*',
        'e',
        event,
        'at',
        now,
        'm',
        '',
        'd',
        deviceId,
        'c',
        '',
      );
    },
    async read(shard, limit) {
      const entries = await redis.xrange(keys.outbox(shard), '-', '+', 'COUNT', limit);
      return entries.map(([entryId, pairs]) => eventFromEntry(shard, entryId, pairs));
    },
  };
}

function eventFromEntry(shard: Shard, entryId: string, pairs: readonly string[]): OutboxEvent {
  const field = (name: string): string => pairs[pairs.indexOf(name) + 1] ?? '';
  const messageId = field('m');
  const errorCode = field('c');
  return {
    id: isMessageId(messageId) ? `${messageId}.${field('e')}` : `evt_${shard}_${entryId}`,
    event: field('e') as EventName,
    at: Number(field('at')),
    deviceId: field('d'),
    ...(messageId ? { messageId } : {}),
    ...(errorCode ? { errorCode } : {}),
  };
}
