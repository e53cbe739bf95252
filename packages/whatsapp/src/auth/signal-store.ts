/**
 * Signal keys: reads come from the owner's memory, writes go to the store before anyone goes on. Given to Baileys as
 * `auth.keys` and to the Signal repository alike, so that a session Baileys deletes is gone for both.
 */
import {
  BufferJSON,
  proto,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from '@whiskeysockets/baileys';
import { LRUCache } from 'lru-cache';
import type { AuthStore } from './auth-store.js';

type KeyType = keyof SignalDataTypeMap;

/** Entries remembered per session; some 2 KB each for a Signal session. */
const REMEMBERED = 2000;
/** Hundreds are made at pairing and hardly any is read again. */
const NOT_REMEMBERED: ReadonlySet<KeyType> = new Set<KeyType>(['pre-key', 'app-state-sync-key']);
/** Baileys changes these after reading them, long before it writes them, or without ever doing so. */
const CHANGED_BY_READERS: ReadonlySet<KeyType> = new Set<KeyType>(['sender-key-memory', 'device-list']);
/** Remembered instead of a value that was deleted, so that a read begun before cannot bring it back. */
const DELETED = Symbol('deleted');

const nameOf = (type: KeyType, id: string): string => `${type}:${id}`;
const encode = (value: unknown): string => JSON.stringify(value, BufferJSON.replacer);

function decode<T extends KeyType>(type: T, text: string | undefined): SignalDataTypeMap[T] | undefined {
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text, BufferJSON.reviver);
  const key = type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(value as object) : value;
  return key as SignalDataTypeMap[T];
}

export interface SignalStore extends SignalKeyStore {
  /** Called before a failed write is reported, so that the session can end its socket first. */
  onWriteFailed: ((error: unknown) => void) | undefined;
  /** From now on writes are dropped: the device is being forgotten, and what is still under way must leave nothing. */
  close(): void;
}

export function createSignalStore(store: AuthStore): SignalStore {
  const memory = new LRUCache<string, object | string | typeof DELETED>({ max: REMEMBERED });
  let closed = false;

  const remember = (type: KeyType, id: string, value: unknown): void => {
    if (NOT_REMEMBERED.has(type)) return;
    memory.set(nameOf(type, id), value === null ? DELETED : value);
  };
  const copyFor = (type: KeyType, value: unknown): unknown =>
    CHANGED_BY_READERS.has(type) ? structuredClone(value) : value;

  const signalStore: SignalStore = {
    onWriteFailed: undefined,

    async get(type, ids) {
      const found: Record<string, SignalDataTypeMap[typeof type]> = {};
      const give = (id: string, value: unknown): void => {
        if (value !== DELETED) found[id] = copyFor(type, value) as SignalDataTypeMap[typeof type];
      };
      const missing: string[] = [];
      for (const id of ids) {
        const known = memory.get(nameOf(type, id));
        if (known === undefined) missing.push(id);
        else give(id, known);
      }
      if (missing.length === 0) return found;
      const texts = await store.read(missing.map((id) => nameOf(type, id)));
      for (const [index, id] of missing.entries()) {
        // A write may have overtaken the read: what it wrote is newer than what was read.
        const value = memory.get(nameOf(type, id)) ?? decode(type, texts[index]);
        if (value === undefined) continue;
        remember(type, id, value);
        give(id, value);
      }
      return found;
    },

    async set(data: SignalDataSet) {
      const entries = entriesOf(data);
      if (closed || entries.length === 0) return;
      const changes = new Map(
        entries.map(({ type, id, value }) => [nameOf(type, id), value === null ? null : encode(value)] as const),
      );
      try {
        await store.write(changes);
      } catch (error) {
        signalStore.onWriteFailed?.(error);
        throw error;
      }
      for (const { type, id, value } of entries) remember(type, id, value);
    },

    close() {
      closed = true;
    },
  };
  return signalStore;
}

function entriesOf(data: SignalDataSet): Array<{ type: KeyType; id: string; value: unknown }> {
  const byType = Object.entries(data) as Array<[KeyType, Record<string, unknown> | undefined]>;
  return byType.flatMap(([type, values]) =>
    Object.entries(values ?? {}).map(([id, value]) => ({ type, id, value: value ?? null })),
  );
}
