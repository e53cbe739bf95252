/** Messages that people wrote to our devices: kept, encrypted, until their event is delivered and their media fetched. */
import { createHash } from 'node:crypto';
import { messageEventId, shardOfDevice, type StoredReceived } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import type { Cipher } from './cipher.js';
import type { Keys } from './keys.js';
import { RECEIVE } from './scripts/outbox-scripts.js';
import { BEGIN_MEDIA, SETTLE_MEDIA } from './scripts/received-scripts.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboReceive(...args: Array<string | number | Buffer>): Result<number, Context>;
    pomboBeginMedia(...args: Array<string | number | Buffer>): Result<number, Context>;
    pomboSettleMedia(...args: Array<string | number | Buffer>): Result<null, Context>;
  }
}

/** A received message's name: WhatsApp's ids are made by strangers, so chat and sender belong to it. */
export type ReceivedName = string;

export interface ReceivedMessages {
  /** Keeps a message and announces it, in one step and once. @returns its name; undefined when it was known. */
  receive(received: StoredReceived): Promise<ReceivedName | undefined>;
  /** Those of a device whose media is still to be fetched. */
  listPending(deviceId: string): Promise<ReceivedName[]>;
  /**
   * Fetching its media begins anew. @param received as it is to be kept meanwhile.
   * @returns how often it has begun, this one included; 0 when there is nothing to be fetched any more.
   */
  beginMedia(name: ReceivedName, received: StoredReceived): Promise<number>;
  /** Says what became of its media; once that was said it stands. */
  settleMedia(name: ReceivedName, received: StoredReceived): Promise<void>;
  read(deviceId: string, name: ReceivedName): Promise<StoredReceived | undefined>;
  /** When it came, ms since the epoch; undefined when no device of these keeps it. */
  cameAt(deviceIds: readonly string[], name: ReceivedName): Promise<number | undefined>;
  /** By WhatsApp's id; when strangers gave the same to several, the first one that came. */
  find(deviceIds: readonly string[], messageId: string): Promise<StoredReceived | undefined>;
}

/** 96 bits: enough for the messages of a device. */
const HASH_BYTES = 12;
const digest = (text: string): string =>
  createHash('sha256').update(text).digest().subarray(0, HASH_BYTES).toString('hex');

/** @param retentionMs how long a message is kept. @param outboxMs as of the outbox. */
export function createReceivedMessages(
  redis: Redis,
  keys: Keys,
  cipher: Cipher,
  { retentionMs, outboxMs }: { readonly retentionMs: number; readonly outboxMs: number },
): ReceivedMessages {
  redis.defineCommand('pomboReceive', { numberOfKeys: 5, lua: RECEIVE });
  redis.defineCommand('pomboBeginMedia', { numberOfKeys: 2, lua: BEGIN_MEDIA });
  redis.defineCommand('pomboSettleMedia', { numberOfKeys: 2, lua: SETTLE_MEDIA });
  const seal = (key: string, received: StoredReceived): Buffer =>
    cipher.encrypt(Buffer.from(JSON.stringify(received)), key);
  const open = (key: string, sealed: Buffer | null): StoredReceived | undefined =>
    // Without its key it is as good as gone.
    sealed === null || !cipher.knows(sealed)
      ? undefined
      : (JSON.parse(cipher.decrypt(sealed, key).toString()) as StoredReceived);

  const read = async (deviceId: string, name: ReceivedName): Promise<StoredReceived | undefined> => {
    const key = keys.received(deviceId, name);
    return open(key, await redis.getBuffer(key));
  };

  return {
    async receive(received) {
      const { deviceId, message } = received;
      const name = digest(`${message.chatJid} ${message.senderJid} ${message.messageId}`);
      const key = keys.received(deviceId, name);
      const names = [key, keys.receivedId(deviceId, digest(message.messageId))];
      const fresh = await redis.pomboReceive(
        ...names,
        ...[keys.device(deviceId), keys.outbox(shardOfDevice(deviceId)), keys.receivedPending(deviceId)],
        ...[seal(key, received), retentionMs, name, deviceId, outboxMs, received.fate === 'pending' ? 1 : ''],
      );
      return fresh === 1 ? name : undefined;
    },
    listPending: (deviceId) => redis.hkeys(keys.receivedPending(deviceId)),
    beginMedia(name, received) {
      const key = keys.received(received.deviceId, name);
      return redis.pomboBeginMedia(key, keys.receivedPending(received.deviceId), name, seal(key, received));
    },
    async settleMedia(name, received) {
      const key = keys.received(received.deviceId, name);
      await redis.pomboSettleMedia(key, keys.receivedPending(received.deviceId), name, seal(key, received));
    },
    read,
    async cameAt(deviceIds, name) {
      // Told by the time it has left.
      const left = await Promise.all(deviceIds.map((deviceId) => redis.pttl(keys.received(deviceId, name))));
      const longest = Math.max(0, ...left);
      return longest > 0 ? Date.now() - retentionMs + longest : undefined;
    },
    async find(deviceIds, messageId) {
      const hash = digest(messageId);
      const names = await Promise.all(deviceIds.map((deviceId) => redis.get(keys.receivedId(deviceId, hash))));
      for (const [place, name] of names.entries()) {
        const found = name === null ? undefined : await read(deviceIds[place] ?? '', name);
        if (found) return found;
      }
      return undefined;
    },
  };
}

/** The event that announces a received message. */
export const receivedEventId = (name: ReceivedName): string => messageEventId(name, 'message.received');
