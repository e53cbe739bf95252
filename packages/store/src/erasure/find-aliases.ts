/** The JIDs one person goes by: every spelling of the number, and the LID, as far as the directory and the devices know. */
import { numberSpellings } from '@pombo/contracts';
import type { Redis } from '@pombo/runtime';
import type { Cipher } from '../cipher.js';
import type { Keys } from '../keys.js';

const NUMBER_SERVER = '@s.whatsapp.net';
const LID_SERVER = '@lid';
const userOf = (jid: string): string => jid.slice(0, jid.indexOf('@'));
const isLid = (jid: string): boolean => jid.endsWith(LID_SERVER);

export type FindAliases = (jid: string, deviceIds: readonly string[]) => Promise<string[]>;

export function createFindAliases(redis: Redis, keys: Keys, cipher: Cipher): FindAliases {
  /** What a device's Signal store has under a name: a text as JSON. */
  const readMapping = async (deviceId: string, name: string): Promise<string | undefined> => {
    const hash = keys.auth(deviceId);
    const sealed = await redis.hgetBuffer(hash, name);
    if (!sealed) return undefined;
    const value: unknown = JSON.parse(cipher.decrypt(sealed, `${hash}/${name}`).toString());
    return typeof value === 'string' ? value : undefined;
  };
  const mappingsOf = async (name: string, deviceIds: readonly string[]): Promise<string[]> => {
    const found = await Promise.all(deviceIds.map((deviceId) => readMapping(deviceId, name)));
    return found.filter((user) => user !== undefined);
  };
  const lidsOf = async (number: string, deviceIds: readonly string[]): Promise<string[]> => {
    const known = await redis.hget(keys.recipient(number), 'l');
    const mapped = await mappingsOf(`lid-mapping:${number}`, deviceIds);
    return [...(known === null ? [] : [userOf(known)]), ...mapped].map((user) => user + LID_SERVER);
  };
  const numbersOf = async (lid: string, deviceIds: readonly string[]): Promise<string[]> => {
    const known = await redis.hget(keys.recipientLid(lid), 'to');
    const mapped = await mappingsOf(`lid-mapping:${lid}_reverse`, deviceIds);
    return [...(known === null ? [] : [userOf(known)]), ...mapped];
  };

  return async (jid, deviceIds) => {
    const given = isLid(jid) ? await numbersOf(userOf(jid), deviceIds) : [userOf(jid)];
    const numbers = [...new Set(given.flatMap(numberSpellings))];
    const lids = await Promise.all(numbers.map((number) => lidsOf(number, deviceIds)));
    return [...new Set([...numbers.map((number) => number + NUMBER_SERVER), ...lids.flat(), jid])];
  };
}
