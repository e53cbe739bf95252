/** Forgets a person: what the directory knows, and what devices keep to write to that person. */
import { numberSpellings } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

const NUMBER_SERVER = '@s.whatsapp.net';
const LID_SERVER = '@lid';
const FIELDS_PER_SCAN = 1_000;

/**
 * Removes every key and field named after the number, in any spelling, or after the LID known for it. Whoever writes to
 * the person again starts from nothing.
 * @param number digits.
 */
export type EraseRecipient = (number: string) => Promise<void>;

export function createEraseRecipient(redis: Redis, keys: Keys): EraseRecipient {
  const findLids = async (numbers: readonly string[]): Promise<string[]> => {
    const lids = await Promise.all(numbers.map((number) => redis.hget(keys.recipient(number), 'l')));
    return lids.flatMap((lid) => lid?.slice(0, lid.indexOf('@')) ?? []);
  };

  const eraseFromDevice = async (deviceId: string, users: readonly string[]): Promise<void> => {
    const jids = users.flatMap((user) => [`${user}${NUMBER_SERVER}`, `${user}${LID_SERVER}`]);
    await redis.del(jids.map((jid) => keys.privacyToken(deviceId, jid)));
    const auth = keys.auth(deviceId);
    for (const user of users) {
      const fields = await scanFields(redis, auth, `*:${user}*`);
      // The pattern finds longer digits too.
      const own = fields.filter((field) => new RegExp(`:${user}(?!\\d)`).test(field));
      if (own.length > 0) await redis.hdel(auth, ...own);
    }
  };

  return async (number) => {
    const numbers = numberSpellings(number);
    const lids = await findLids(numbers);
    const users = [...numbers, ...lids];
    const deviceIds = await redis.hkeys(keys.deviceIndex);
    for (const deviceId of deviceIds) await eraseFromDevice(deviceId, users);
    await Promise.all([
      ...numbers.map((user) => redis.del(keys.recipient(user))),
      ...lids.map((user) => redis.del(keys.recipientLid(user))),
    ]);
  };
}

async function scanFields(redis: Redis, hash: string, match: string): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of redis.hscanStream(hash, { match, count: FIELDS_PER_SCAN })) {
    // Field, value, field, value…
    found.push(...(batch as string[]).filter((_text, index) => index % 2 === 0));
  }
  return found;
}
