/** The quick answers are Baileys' own, of the same keys. */
import { beforeEach, expect, test } from '@jest/globals';
import {
  addTransactionCapability,
  DEFAULT_CONNECTION_CONFIG,
  initAuthCreds,
  type SignalDataSet,
  type SignalKeyStore,
} from '@whiskeysockets/baileys';
import * as libsignal from 'libsignal';
import { lookForSessions, rememberLids } from '../src/auth/quick-look-ups.js';
import { createBaileysLogger } from '../src/baileys-logger.js';
import { silentLogger } from '@pombo/runtime';

const NUMBER = '447700900001@s.whatsapp.net';
const LID = '11122233344455@lid';

function keysInMemory(): SignalKeyStore & { reads: number } {
  const kept = new Map<string, unknown>();
  return {
    reads: 0,
    get(type, ids) {
      this.reads += 1;
      return Promise.resolve(
        Object.fromEntries(ids.flatMap((id) => (kept.has(`${type}.${id}`) ? [[id, kept.get(`${type}.${id}`)]] : []))),
      ) as ReturnType<SignalKeyStore['get']> as never;
    },
    set(data: SignalDataSet) {
      for (const [type, values] of Object.entries(data)) {
        for (const [id, value] of Object.entries(values)) kept.set(`${type}.${id}`, value);
      }
    },
  };
}

let keys: ReturnType<typeof keysInMemory>;
let quick: ReturnType<typeof makeRepository>;
let plain: ReturnType<typeof makeRepository>;

function makeRepository() {
  const logger = createBaileysLogger(silentLogger);
  const wrapped = addTransactionCapability(keys, logger, { maxCommitRetries: 1, delayBetweenTriesMs: 1 });
  const auth = { creds: initAuthCreds(), keys: wrapped };
  return DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, () => Promise.resolve([]));
}

beforeEach(() => {
  keys = keysInMemory();
  [quick, plain] = [makeRepository(), makeRepository()];
  rememberLids(quick.lidMapping);
  lookForSessions(quick, keys);
});

test('the LID of a number is read once, told for each device, and followed when it changes', async () => {
  expect(await quick.lidMapping.getLIDForPN(NUMBER)).toBeNull();
  await quick.lidMapping.storeLIDPNMappings([{ pn: NUMBER, lid: LID }]);
  const jids = [
    NUMBER,
    '447700900001:0@s.whatsapp.net',
    '447700900001:12@s.whatsapp.net',
    '447700900001:99@hosted',
    LID,
  ];
  for (const jid of [...jids, ...jids]) {
    expect(await quick.lidMapping.getLIDForPN(jid)).toBe(await plain.lidMapping.getLIDForPN(jid));
  }
  const { reads } = keys;
  expect(await quick.lidMapping.getLIDForPN('447700900001:3@s.whatsapp.net')).toBe('11122233344455:3@lid');
  expect(keys.reads).toBe(reads);
  await quick.lidMapping.storeLIDPNMappings([{ pn: NUMBER, lid: '999@lid' }]);
  expect(await quick.lidMapping.getLIDForPN(NUMBER)).toBe('999@lid');
});

/** The part of a record that says whether there is a session. */
const entry = (closed: number, registrationId?: number) => {
  const key = Buffer.alloc(33, 5).toString('base64');
  const currentRatchet = {
    ephemeralKeyPair: { pubKey: key, privKey: key },
    lastRemoteEphemeralKey: key,
    previousCounter: 0,
    rootKey: key,
  };
  const indexInfo = { baseKey: key, baseKeyType: 1, closed, used: 1, created: 1, remoteIdentityKey: key };
  return { registrationId, currentRatchet, indexInfo, _chains: {} };
};
const record = (...entries: Array<ReturnType<typeof entry>>) => ({
  _sessions: Object.fromEntries(entries.map((one, nth) => [String(nth), one])),
  version: 'v1',
});

test.each([
  ['there is none', undefined, false],
  ['it is open', record(entry(-1, 7)), true],
  ['it is open behind a closed one', record(entry(1, 7), entry(-1, 8)), true],
  ['it is closed', record(entry(1, 7)), false],
  ['it has no registration', record(entry(-1)), false],
  ['the record is empty', record(), false],
])('a session is looked for: %s', async (_name, stored, exists) => {
  if (stored) {
    const { SessionRecord } = libsignal as unknown as {
      SessionRecord: { deserialize(data: unknown): { haveOpenSession(): boolean } };
    };
    expect(SessionRecord.deserialize(structuredClone(stored)).haveOpenSession()).toBe(exists);
    await keys.set({ session: { '447700900001.0': stored as never } });
  }
  expect((await quick.validateSession(NUMBER)).exists).toBe(exists);
  expect((await plain.validateSession(NUMBER)).exists).toBe(exists);
});
