/**
 * The ratchet is written before the bytes leave. Baileys encrypts inside a transaction that commits after the stanza
 * went out: a process that dies in between has used a Signal counter its store knows nothing of, and the next message
 * cannot be read. The repository made here therefore does not get Baileys' transaction but the store itself: when
 * `encryptMessage` returns, the stepped session is being stored, and no frame leaves before it is
 * (`connection/hold-frames.ts`).
 *
 * What comes in goes the other way round: it is kept before the session that read it is stored. A process that dies in
 * between is told the message again, and can read it again.
 *
 * And a session is stepped by one at a time. Baileys and libsignal exclude by the JID they were given, but what goes out
 * mostly names a person by number and what comes in by LID, and both are one session.
 */
import {
  DEFAULT_CONNECTION_CONFIG,
  type SignalKeyStore,
  type SignalKeyStoreWithTransaction,
} from '@whiskeysockets/baileys';
import { SharedAsyncStorage } from '../async-storage.js';
import { holdWrites } from './hold-writes.js';
import { createKeyedLocks, type KeyedLocks } from './keyed-locks.js';
import { lookForSessions, rememberLids } from './quick-look-ups.js';
import { deviceNamesOf, sessionNameOf } from './session-names.js';
import type { SignalStore } from './signal-store.js';

type MakeSignalRepository = typeof DEFAULT_CONNECTION_CONFIG.makeSignalRepository;

/**
 * What a ciphertext said. The session that read it is stored once it has resolved; Baileys takes a rejection for a message
 * it cannot read.
 */
export type OnDecrypted = (ciphertext: Uint8Array, plaintext: Uint8Array) => Promise<void>;

/** @param store the same object that is given to Baileys as `auth.keys`. */
export function createSignalRepositoryMaker(store: SignalStore, onDecrypted: OnDecrypted): MakeSignalRepository {
  return ({ creds }, logger, lookUpLids) => {
    const locks = createKeyedLocks();
    const reading = new SharedAsyncStorage<Keep>();
    const keys = withLocks(store, locks, reading, (key) =>
      sessionNameOf(key, (lid) => repository.lidMapping.getPNForLID(lid)),
    );
    const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys }, logger, lookUpLids);
    rememberLids(repository.lidMapping);
    lookForSessions(repository, store);
    const encryptMessage = repository.encryptMessage.bind(repository);
    repository.encryptMessage = async (message) => {
      const encrypted = await encryptMessage(message);
      store.noteEncrypted(message.jid);
      return encrypted;
    };
    const keepingWhatItSays = (ciphertext: Uint8Array, read: () => Promise<Uint8Array>): Promise<Uint8Array> =>
      reading.run((plaintext) => onDecrypted(ciphertext, plaintext), read);
    const decryptMessage = repository.decryptMessage.bind(repository);
    repository.decryptMessage = (message) => keepingWhatItSays(message.ciphertext, () => decryptMessage(message));
    const decryptGroupMessage = repository.decryptGroupMessage.bind(repository);
    repository.decryptGroupMessage = (message) => keepingWhatItSays(message.msg, () => decryptGroupMessage(message));
    const migrateSession = repository.migrateSession.bind(repository);
    repository.migrateSession = async (fromJid, toJid) => {
      const names = await deviceNamesOf(store, fromJid);
      return locks.run(names, () => migrateSession(fromJid, toJid));
    };
    return repository;
  };
}

type Keep = (plaintext: Uint8Array) => Promise<void>;

/**
 * Baileys' repository expects "transactions", of which it needs the mutual exclusion and, where something is read, that
 * the session is stored after what it read. As in Baileys, work begun inside a transaction belongs to it, whatever its key.
 * @param reading what is to be done with what the transaction reads.
 * @param nameOf what a key stands for: two keys of one name exclude each other.
 */
function withLocks(
  store: SignalStore,
  locks: KeyedLocks,
  reading: SharedAsyncStorage<Keep>,
  nameOf: (key: string) => Promise<string>,
): SignalKeyStoreWithTransaction {
  const inside = new SharedAsyncStorage<SignalKeyStore>();
  const view = (): SignalKeyStore => inside.getStore() ?? store;

  const keepFirst = async <T>(work: () => Promise<T>, keep: Keep): Promise<T> => {
    const held = holdWrites(store);
    const result = await inside.run(held, work);
    await keep(result as Uint8Array);
    await store.set(held.writes);
    return result;
  };

  /** The next step may follow while this one is being stored: every message is written to the account's own phone too. */
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    const held = holdWrites(store);
    const result = await inside.run(held, work);
    store.step(held.writes);
    return result;
  };

  return {
    get: (type, ids) => view().get(type, ids),
    set: (data) => view().set(data),
    isInTransaction: () => inside.getStore() !== undefined,
    async transaction(work, key) {
      if (inside.getStore()) return work();
      const keep = reading.getStore();
      return locks.run([await nameOf(key)], () => (keep ? keepFirst(work, keep) : step(work)));
    },
  };
}
