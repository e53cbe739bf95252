/** Which devices this session has a Signal session with; those it lacks are started, many at a time and each once. */
import { createBatcher } from '@pombo/runtime';
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

/** Devices whose keys are asked for in one query. */
const KEYS_A_QUERY = 100;
/** People known to have sessions, so that these need not be read to know. */
const REMEMBERED = 10_000;

export function createAcquaintances(ask: Ask): Acquaintances {
  /** Device JIDs by user. */
  const met = new LRUCache<string, Set<string>>({ max: REMEMBERED });
  const batcher = createBatcher<boolean>(KEYS_A_QUERY, (deviceJids) =>
    ask(async (socket) => {
      await fetchKeys(socket, await findUnmet(socket, deviceJids));
      const unmet = new Set(await findUnmet(socket, deviceJids));
      return new Map(deviceJids.map((jid) => [jid, !unmet.has(jid)]));
    }),
  );

  const meetDevice = async (user: string, deviceJid: string): Promise<boolean> => {
    if (met.get(user)?.has(deviceJid)) return true;
    const reached = await batcher.load(deviceJid);
    if (reached) met.set(user, (met.get(user) ?? new Set()).add(deviceJid));
    return reached;
  };

  return {
    async meet(jid, devices) {
      const user = userOf(jid) ?? '';
      const reached = await Promise.all(deviceJidsOf(jid, devices).map((device) => meetDevice(user, device)));
      return devices
        .split(' ')
        .filter((_id, index) => reached[index])
        .join(' ');
    },
    doubt: (jid) => void met.delete(userOf(jid) ?? ''),
    stop: () => batcher.close(new NotConnectedError()),
  };
}
