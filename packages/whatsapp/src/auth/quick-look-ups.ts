/**
 * What Baileys asks of its Signal repository several times for each device a message is encrypted for, answered from
 * what is at hand. Baileys' own answers come by way of a list, a set, a sorted copy and four promises (the LID of a
 * number), or build every session of a device anew to see whether there is one.
 */
import { growingUpTo } from '@pombo/runtime';
import {
  type DEFAULT_CONNECTION_CONFIG,
  isHostedPnUser,
  isPnUser,
  jidDecode,
  type SignalKeyStore,
} from '@whiskeysockets/baileys';
import { LRUCache } from 'lru-cache';

type SignalRepository = ReturnType<typeof DEFAULT_CONNECTION_CONFIG.makeSignalRepository>;
type LidMapping = SignalRepository['lidMapping'];

/** Some 100 bytes each. */
const REMEMBERED = 10_000;

/** Remembers the LIDs of numbers until they are written anew. */
export function rememberLids(lidMapping: LidMapping): void {
  const lidUsers = new LRUCache<string, string>(growingUpTo(REMEMBERED));
  const getLIDForPN = lidMapping.getLIDForPN.bind(lidMapping);
  const storeLIDPNMappings = lidMapping.storeLIDPNMappings.bind(lidMapping);
  let writes = 0;

  lidMapping.getLIDForPN = async (pn) => {
    const number = isPnUser(pn) ? jidDecode(pn) : undefined;
    if (!number) return getLIDForPN(pn);
    const known = lidUsers.get(number.user);
    if (known !== undefined) return number.device ? `${known}:${number.device}@lid` : `${known}@lid`;
    const seen = writes;
    const lid = await getLIDForPN(pn);
    const user = lid === null ? undefined : jidDecode(lid)?.user;
    // What was read before a write may be older than it.
    if (user !== undefined && seen === writes) lidUsers.set(number.user, user);
    return lid;
  };
  lidMapping.storeLIDPNMappings = async (pairs) => {
    try {
      await storeLIDPNMappings(pairs);
    } finally {
      writes += 1;
      for (const { pn, lid } of pairs) for (const jid of [pn, lid]) lidUsers.delete(jidDecode(jid)?.user ?? '');
    }
  };
}

/** A stored session record, in the part that is looked at: libsignal's `SessionRecord`, serialised. */
interface StoredRecord {
  readonly _sessions?: Record<string, { readonly registrationId?: unknown; readonly indexInfo: { closed: number } }>;
}

/** libsignal's mark of a session that is open. */
const OPEN = -1;

/** As `SessionRecord.haveOpenSession` says it of the same record. */
const hasOpenSession = ({ _sessions: sessions }: StoredRecord): boolean => {
  const open = Object.values(sessions ?? {}).find(({ indexInfo }) => indexInfo.closed === OPEN);
  return typeof open?.registrationId === 'number';
};

/** Looks for an open session without building it. */
export function lookForSessions(repository: SignalRepository, store: SignalKeyStore): void {
  const validateSession = repository.validateSession.bind(repository);
  repository.validateSession = async (jid) => {
    const lid = isPnUser(jid) || isHostedPnUser(jid) ? await repository.lidMapping.getLIDForPN(jid) : null;
    const name = repository.jidToSignalProtocolAddress(lid ?? jid);
    const record = (await store.get('session', [name]))[name] as StoredRecord | undefined;
    // What to say of anything else is Baileys' business.
    return record && hasOpenSession(record) ? { exists: true } : validateSession(jid);
  };
}
