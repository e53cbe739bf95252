/**
 * The ratchet is written before the bytes leave. Baileys encrypts inside a transaction that commits after the stanza
 * went out: a process that dies in between has used a Signal counter its store knows nothing of, and the next message
 * cannot be read. The repository made here therefore does not get Baileys' transaction but the store itself: when
 * `encryptMessage` returns, the stepped session is stored.
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
import { createKeyedLocks, type KeyedLocks } from './keyed-locks.js';
import { lookForSessions, rememberLids } from './quick-look-ups.js';
import { deviceNamesOf, sessionNameOf } from './session-names.js';
import type { SignalStore } from './signal-store.js';

type MakeSignalRepository = typeof DEFAULT_CONNECTION_CONFIG.makeSignalRepository;

/** What a ciphertext said; Baileys goes on once it has resolved, and takes a rejection for a message it cannot read. */
export type OnDecrypted = (ciphertext: Uint8Array, plaintext: Uint8Array) => Promise<void>;

/** @param store the same object that is given to Baileys as `auth.keys`. */
export function createSignalRepositoryMaker(store: SignalStore, onDecrypted: OnDecrypted): MakeSignalRepository {
  return ({ creds }, logger, lookUpLids) => {
    const locks = createKeyedLocks();
    const keys = withLocks(store, locks, (key) => sessionNameOf(key, (lid) => repository.lidMapping.getPNForLID(lid)));
    const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys }, logger, lookUpLids);
    rememberLids(repository.lidMapping);
    lookForSessions(repository, store);
    const encryptMessage = repository.encryptMessage.bind(repository);
    repository.encryptMessage = async (message) => {
      const encrypted = await encryptMessage(message);
      store.noteEncrypted(message.jid);
      return encrypted;
    };
    const decryptMessage = repository.decryptMessage.bind(repository);
    repository.decryptMessage = async (message) => {
      const plaintext = await decryptMessage(message);
      await onDecrypted(message.ciphertext, plaintext);
      return plaintext;
    };
    const decryptGroupMessage = repository.decryptGroupMessage.bind(repository);
    repository.decryptGroupMessage = async (message) => {
      const plaintext = await decryptGroupMessage(message);
      await onDecrypted(message.msg, plaintext);
      return plaintext;
    };
    const migrateSession = repository.migrateSession.bind(repository);
    repository.migrateSession = async (fromJid, toJid) => {
      const names = await deviceNamesOf(store, fromJid);
      return locks.run(names, () => migrateSession(fromJid, toJid));
    };
    return repository;
  };
}

/**
 * Baileys' repository expects "transactions", of which it needs the mutual exclusion only. As in Baileys, work begun
 * inside a transaction belongs to it, whatever its key.
 * @param nameOf what a key stands for: two keys of one name exclude each other.
 */
function withLocks(
  store: SignalKeyStore,
  locks: KeyedLocks,
  nameOf: (key: string) => Promise<string>,
): SignalKeyStoreWithTransaction {
  const inside = new SharedAsyncStorage<true>();
  return {
    get: (type, ids) => store.get(type, ids),
    set: (data) => store.set(data),
    isInTransaction: () => inside.getStore() === true,
    async transaction(work, key) {
      if (inside.getStore()) return work();
      return locks.run([await nameOf(key)], () => inside.run(true, work));
    },
  };
}
