/**
 * Names of things. The shard a device lives in is fixed at its creation and is part of every message id, so any
 * process finds a record from the id alone; the three hex digits are also the Redis Cluster hash tag.
 */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** How many shards there are: three hex digits. */
export const SHARD_COUNT = 4096;
/** What WhatsApp's own web clients start their message ids with. */
const ID_PREFIX = '3EB0';
const RANDOM_DIGITS = 15;
/** What a message id of ours looks like. */
export const MESSAGE_ID = /^3EB0[0-9A-F]{18}$/;
const SHARD = /^[0-9A-F]{3}$/;

declare const shardBrand: unique symbol;
/** Three upper-case hex digits, `000` to `FFF`. */
export type Shard = string & { readonly [shardBrand]: true };

/** A shard for a new device, drawn evenly. */
export function randomShard(): Shard {
  return randomInt(SHARD_COUNT).toString(16).toUpperCase().padStart(3, '0') as Shard;
}

/** @throws RangeError when `value` is not three upper-case hex digits. */
export function parseShard(value: string): Shard {
  if (!SHARD.test(value)) throw new RangeError(`not a shard: ${value}`);
  return value as Shard;
}

export const ALL_SHARDS: readonly Shard[] = Array.from(
  { length: SHARD_COUNT },
  (_none, n) => n.toString(16).toUpperCase().padStart(3, '0') as Shard,
);

/** Node draws UUIDs from a store of random bytes, at a tenth of what asking the system each time costs. */
function randomDigits(): string {
  // The first eight digits and the last twelve say neither version nor variant.
  const [first = '', , , , last = ''] = randomUUID().split('-');
  return (last + first).slice(0, RANDOM_DIGITS);
}

/** `3EB0` + shard + 15 random hex digits: the record's key, the job id, the WhatsApp stanza id, what a client polls. */
export function createMessageId(shard: Shard): string {
  return ID_PREFIX + shard + randomDigits().toUpperCase();
}

export function isMessageId(value: string): boolean {
  return MESSAGE_ID.test(value);
}

/** The shard a message id carries. @throws RangeError when it is not a message id of ours. */
export function shardOfMessage(messageId: string): Shard {
  if (!isMessageId(messageId)) throw new RangeError('not a message id');
  return messageId.slice(ID_PREFIX.length, ID_PREFIX.length + 3) as Shard;
}

/** The part of a message id that its shard does not tell. @throws RangeError when it is not a message id of ours. */
export function tailOfMessage(messageId: string): string {
  return messageId.slice(ID_PREFIX.length + shardOfMessage(messageId).length);
}

/** The message id a shard and a tail make. */
export function messageIdOf(shard: Shard, tail: string): string {
  return ID_PREFIX + shard + tail;
}

/** A device id: its shard, then 17 random hex digits, so that the id alone finds the device. */
export function createDeviceId(shard: Shard): string {
  return `dev_${shard}${randomBytes(9).toString('hex').slice(0, 17)}`;
}

/** The device id a shard and a tail make. */
export function deviceIdOf(shard: Shard, tail: string): string {
  return `dev_${shard}${tail}`;
}

/** What a device id looks like. */
export const DEVICE_ID = /^dev_([0-9A-F]{3})[0-9a-f]{17}$/;

export function isDeviceId(value: string): boolean {
  return DEVICE_ID.test(value);
}

/** The shard a device id carries. @throws RangeError when it is not a device id of ours. */
export function shardOfDevice(deviceId: string): Shard {
  const match = DEVICE_ID.exec(deviceId);
  if (!match?.[1]) throw new RangeError('not a device id');
  return match[1] as Shard;
}
