/** What every script that moves a message is given first; see `scripts/message-scripts.ts`. */
import { shardOfDevice } from '@pombo/contracts';
import type { Keys } from './keys.js';

export interface RetentionLimits {
  readonly recordRetentionMs: number;
  readonly outboxRetentionMs: number;
}

export function sharedKeysOf(keys: Keys, messageId: string, deviceId: string): string[] {
  return [
    keys.record(messageId),
    keys.content(messageId),
    keys.counters(deviceId),
    keys.outbox(shardOfDevice(deviceId)),
  ];
}

export function sharedArgsOf(keys: Keys, messageId: string, limits: RetentionLimits): Array<string | number> {
  return [keys.outcome(messageId), limits.recordRetentionMs, limits.outboxRetentionMs];
}
