/**
 * The ratchet is written before the bytes leave. Baileys encrypts inside a transaction that commits after the stanza
 * went out: a process that dies in between has used a Signal counter its store knows nothing of, and the next message
 * cannot be read. The repository made here therefore does not get Baileys' transaction but the store itself: when
 * `encryptMessage` returns, the stepped session is stored.
 */
import {
  DEFAULT_CONNECTION_CONFIG,
  type SignalKeyStore,
  type SignalKeyStoreWithTransaction,
} from '@whiskeysockets/baileys';
import { Mutex } from 'async-mutex';
import { SharedAsyncStorage } from '../async-storage.js';
import type { SignalStore } from './signal-store.js';

type MakeSignalRepository = typeof DEFAULT_CONNECTION_CONFIG.makeSignalRepository;

/** What a ciphertext said; Baileys goes on once it has resolved, and takes a rejection for a message it cannot read. */
export type OnDecrypted = (ciphertext: Uint8Array, plaintext: Uint8Array) => Promise<void>;

/** @param store the same object that is given to Baileys as `auth.keys`. */
export function createSignalRepositoryMaker(store: SignalStore, onDecrypted: OnDecrypted): MakeSignalRepository {
  return ({ creds }, logger, lookUpLids) => {
    const keys = withLocks(store);
    const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys }, logger, lookUpLids);
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
    return repository;
  };
}

/**
 * Baileys' repository expects "transactions", of which it needs the mutual exclusion only. As in Baileys, work begun
 * inside a transaction belongs to it, whatever its key.
 */
function withLocks(store: SignalKeyStore): SignalKeyStoreWithTransaction {
  const inside = new SharedAsyncStorage<true>();
  const locks = new Map<string, { readonly mutex: Mutex; users: number }>();

  const withLock = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const lock = locks.get(key) ?? { mutex: new Mutex(), users: 0 };
    locks.set(key, lock);
    lock.users += 1;
    try {
      return await lock.mutex.runExclusive(work);
    } finally {
      lock.users -= 1;
      if (lock.users === 0) locks.delete(key);
    }
  };

  return {
    get: (type, ids) => store.get(type, ids),
    set: (data) => store.set(data),
    isInTransaction: () => inside.getStore() === true,
    transaction(work, key) {
      if (inside.getStore()) return work();
      return withLock(key, () => inside.run(true, work));
    },
  };
}
