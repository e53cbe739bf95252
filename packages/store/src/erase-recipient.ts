/** Forgets a person: what the directory knows, and what devices keep to write to that person. */
import type { Redis } from '@pombo/runtime';
import type { Keys } from './keys.js';

const NUMBER_SERVER = '@s.whatsapp.net';
const LID_SERVER = '@lid';
const FIELDS_PER_SCAN = 1_000;

/**
 * Removes every key and field named after the person. Whoever writes to the person again starts from nothing.
 * @param jids all that the person goes by. @param deviceIds whose keys for writing to the person are removed.
 */
export type EraseRecipient = (jids: Iterable<string>, deviceIds: readonly string[]) => Promise<void>;

export function createEraseRecipient(redis: Redis, keys: Keys): EraseRecipient {
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

  return async (jids, deviceIds) => {
    const users = [...new Set([...jids].map((jid) => jid.slice(0, jid.indexOf('@'))))];
    for (const deviceId of deviceIds) await eraseFromDevice(deviceId, users);
    await Promise.all(users.flatMap((user) => [redis.del(keys.recipient(user)), redis.del(keys.recipientLid(user))]));
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
