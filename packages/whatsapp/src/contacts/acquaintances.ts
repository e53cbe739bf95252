/** Which devices this session has a Signal session with; those it lacks are started, many at a time and each once. */
import { createBatcher, growingUpTo } from '@pombo/runtime';
import { LRUCache } from 'lru-cache';
import { userOf } from '../jid-user.js';
import { NotConnectedError } from '../sending/send-outcome.js';
import type { Ask } from './ask.js';
import { deviceJidsOf } from './device-ids.js';
import { fetchKeys, findUnmet } from './fetch-keys.js';

export interface Acquaintances {
  /** @returns ids of those of a person's devices that can be written to. */
  meet(jid: string, devices: string): Promise<string>;
  /** Something changed about this person: what is stored decides again. */
  doubt(jid: string): void;
  stop(): void;
}

/** People whose devices' keys are asked for in one query. */
const PEOPLE_A_QUERY = 50;
/** People known to have sessions, so that these need not be read to know. */
const REMEMBERED = 10_000;
const SEPARATOR = '|';

export function createAcquaintances(ask: Ask): Acquaintances {
  /** Device JIDs by user. */
  const met = new LRUCache<string, ReadonlySet<string>>(growingUpTo(REMEMBERED));

  const meetAll = async (people: readonly string[]): Promise<Map<string, string>> => {
    const devices = new Map(people.map((person) => [person, devicesOf(person)]));
    const all = [...devices.values()].flat();
    return ask(async (socket) => {
      const unmet = await findUnmet(socket, all);
      await fetchKeys(socket, unmet);
      const unreached = new Set(unmet.length > 0 ? await findUnmet(socket, unmet) : []);
      return new Map([...devices].map(([person, jids]) => [person, reachedOf(person, jids, unreached)]));
    });
  };
  const batcher = createBatcher<string>(PEOPLE_A_QUERY, meetAll);

  return {
    async meet(jid, devices) {
      if (devices === '') return '';
      const user = userOf(jid) ?? '';
      const known = met.get(user);
      if (deviceJidsOf(jid, devices).every((deviceJid) => known?.has(deviceJid))) return devices;
      const reached = await batcher.load(`${jid}${SEPARATOR}${devices}`);
      met.set(user, new Set(deviceJidsOf(jid, reached)));
      return reached;
    },
    doubt: (jid) => void met.delete(userOf(jid) ?? ''),
    stop: () => batcher.close(new NotConnectedError()),
  };
}

function devicesOf(person: string): string[] {
  const [jid = '', devices = ''] = person.split(SEPARATOR);
  return deviceJidsOf(jid, devices);
}

function reachedOf(person: string, deviceJids: readonly string[], unreached: ReadonlySet<string>): string {
  const ids = (person.split(SEPARATOR)[1] ?? '').split(' ');
  return ids.filter((_id, index) => !unreached.has(deviceJids[index] ?? '')).join(' ');
}
