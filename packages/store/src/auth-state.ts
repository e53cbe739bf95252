/**
 * A device's credentials and Signal keys: one encrypted hash, written only under the owner's epoch. What a value means
 * is the WhatsApp package's business; here it is a name and bytes.
 */
import type { Redis } from '@pombo/runtime';
import type { Result } from 'ioredis';
import { withoutStamp, withStamp, writtenAt } from './auth-stamp.js';
import type { Cipher } from './cipher.js';
import type { Keys } from './keys.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    pomboWriteAuth(...args: Array<string | number | Buffer>): Result<number, Context>;
  }
}

/** KEYS: lease, auth. ARGV: epoch, number of values to set, then name, value… and names to delete. */
const WRITE_AUTH = `
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
local last = 2 + ARGV[2] * 2
for i = 3, last, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
return 1
`;

/** Thrown when another worker owns the device: whoever gets this must end its socket and stop. */
export class StaleEpochError extends Error {
  constructor(readonly deviceId: string) {
    super('another worker owns this device now');
    this.name = 'StaleEpochError';
  }
}

/** Names and values; `null` deletes. */
export type AuthChanges = ReadonlyMap<string, string | null>;

export interface AuthState {
  /** @returns values in the order of `names`, mended where they may be older than they should be. */
  read(names: readonly string[]): Promise<Array<string | undefined>>;
  /** Everything there is; for a copy of the device, not for daily use. */
  readAll(): Promise<Map<string, string>>;
  /** All or nothing, durable as Redis is once it resolves. @throws StaleEpochError */
  write(changes: AuthChanges): Promise<void>;
  /** Forgets everything; for a device that was logged out. @throws StaleEpochError */
  clear(): Promise<void>;
}

/** Bound to its place, with the time in front: what is long not written can be told without reading it. */
function seal(cipher: Cipher, hash: string, name: string, value: string): Buffer {
  return withStamp(cipher.encrypt(Buffer.from(value), `${hash}/${name}`), Date.now());
}

function open(cipher: Cipher, hash: string, name: string, sealed: Buffer): string {
  return cipher.decrypt(withoutStamp(sealed), `${hash}/${name}`).toString();
}

export interface AuthStateOptions {
  /** See `HeldLease.doubtfulUntil`; it may become later. */
  readonly doubtfulUntil: () => number;
  /** Makes a value usable that may not be the last that was written. */
  readonly mend: (name: string, value: string) => string;
}

const TRUSTED: AuthStateOptions = { doubtfulUntil: () => 0, mend: (_name, value) => value };

/** @param epoch of the lease under which this owner writes. */
export function createAuthState(
  redis: Redis,
  keys: Keys,
  cipher: Cipher,
  deviceId: string,
  epoch: number,
  { doubtfulUntil, mend }: AuthStateOptions = TRUSTED,
): AuthState {
  redis.defineCommand('pomboWriteAuth', { numberOfKeys: 2, lua: WRITE_AUTH });
  const hash = keys.auth(deviceId);

  const write = async (values: ReadonlyArray<readonly [string, string]>, removed: readonly string[]): Promise<void> => {
    const sealed = values.flatMap(([name, value]) => [name, seal(cipher, hash, name, value)]);
    const written = await redis.pomboWriteAuth(keys.lease(deviceId), hash, epoch, values.length, ...sealed, ...removed);
    if (written === 0) throw new StaleEpochError(deviceId);
  };

  return {
    async read(names) {
      if (names.length === 0) return [];
      const sealed = await redis.hmgetBuffer(hash, ...names);
      return names.map((name, index) => {
        const value = sealed[index];
        if (!value) return undefined;
        const text = open(cipher, hash, name, value);
        return writtenAt(value) <= doubtfulUntil() ? mend(name, text) : text;
      });
    },
    readAll: () => readEntries(redis, hash, cipher),
    async write(changes) {
      const values = [...changes].filter((entry): entry is [string, string] => entry[1] !== null);
      const removed = [...changes].filter(([, value]) => value === null).map(([name]) => name);
      await write(values, removed);
    },
    async clear() {
      await write([], await redis.hkeys(hash));
    },
  };
}

async function readEntries(redis: Redis, hash: string, cipher: Cipher): Promise<Map<string, string>> {
  const sealed = await redis.hgetallBuffer(hash);
  return new Map(Object.entries(sealed).map(([name, value]) => [name, open(cipher, hash, name, value)]));
}

/** What a device consists of, by its present owner or without one. */
export function readAuthEntries(
  redis: Redis,
  keys: Keys,
  cipher: Cipher,
  deviceId: string,
): Promise<Map<string, string>> {
  return readEntries(redis, keys.auth(deviceId), cipher);
}

/** Fills the auth state of a device that no worker has heard of yet. */
export async function seedAuthEntries(
  redis: Redis,
  keys: Keys,
  cipher: Cipher,
  deviceId: string,
  entries: ReadonlyMap<string, string>,
): Promise<void> {
  const hash = keys.auth(deviceId);
  const sealed = [...entries].map(([name, value]) => [name, seal(cipher, hash, name, value)] as const);
  await redis.hset(hash, new Map(sealed));
}
