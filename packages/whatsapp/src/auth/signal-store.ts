/**
 * Signal keys: reads come from the owner's memory, writes go to the store before anyone goes on. Given to Baileys as
 * `auth.keys` and to the Signal repository alike, so that a session Baileys deletes is gone for both.
 */
import { growingUpTo } from '@pombo/runtime';
import {
  BufferJSON,
  proto,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from '@whiskeysockets/baileys';
import { LRUCache } from 'lru-cache';
import { SharedAsyncStorage } from '../async-storage.js';
import type { AuthStore } from './auth-store.js';
import { createGatheredReader } from './gathered-reader.js';
import { createGatheredWriter } from './gathered-writer.js';

type KeyType = keyof SignalDataTypeMap;
type KeysById<T extends KeyType> = Record<string, SignalDataTypeMap[T]>;

/** Entries remembered per session; some 2 KB each for a Signal session. */
const REMEMBERED = 2000;
/** Hundreds are made at pairing and hardly any is read again. */
const NOT_REMEMBERED: ReadonlySet<KeyType> = new Set<KeyType>(['pre-key', 'app-state-sync-key']);
/** Baileys changes these after reading them, long before it writes them, or without ever doing so. */
const CHANGED_BY_READERS: ReadonlySet<KeyType> = new Set<KeyType>(['sender-key-memory', 'device-list']);
/** Remembered where there is nothing stored, or no more: a read begun before it was deleted cannot bring it back. */
const ABSENT = Symbol('absent');

const nameOf = (type: KeyType, id: string): string => `${type}:${id}`;
const encode = (value: unknown): string => JSON.stringify(value, BufferJSON.replacer);

function decode<T extends KeyType>(type: T, text: string | undefined): SignalDataTypeMap[T] | undefined {
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text, BufferJSON.reviver);
  const key = type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(value as object) : value;
  return key as SignalDataTypeMap[T];
}

export interface SignalStore extends SignalKeyStore {
  /**
   * Has steps of ratchets stored. They can be read at once, so that the next step need not wait for these: whoever lets out
   * what was encrypted with them waits for `stored`. Those whose write fails are not taken back: their counters are skipped.
   */
  step(data: SignalDataSet): void;
  /**
   * @returns undefined when everything that was to be written is stored, otherwise what resolves when it is; rejects, from
   * then on always, once a write has failed.
   */
  stored(): Promise<unknown> | undefined;
  /** Called before a failed write is reported, so that the session can end its socket first. */
  onWriteFailed: ((error: unknown) => void) | undefined;
  /**
   * Sends a message without Baileys' issuing of a privacy token: it would query for every message, and never learn that
   * it did. `contacts/privacy-tokens.ts` does it instead.
   * @param addressed is filled with the devices the message is encrypted for.
   */
  whileSending<T>(send: () => Promise<T>, addressed?: Set<string>): Promise<T>;
  /** Something was encrypted for this device. */
  noteEncrypted(deviceJid: string): void;
  /** From now on writes are dropped: the device is being forgotten, and what is still under way must leave nothing. */
  close(): void;
}

export function createSignalStore(store: AuthStore): SignalStore {
  const memory = new LRUCache<string, object | string | typeof ABSENT>(growingUpTo(REMEMBERED));
  /** What is read and not stored yet; the memory may let go of it before it is. */
  const ahead = new Map<string, Entry>();
  const sending = new SharedAsyncStorage<Set<string>>();
  let closed = false;
  const reader = createGatheredReader((names) => store.read(names));
  const writer = createGatheredWriter((changes) => (closed ? Promise.resolve() : store.write(changes)));

  const known = (name: string): object | string | typeof ABSENT | undefined => {
    const step = ahead.get(name);
    if (step === undefined) return memory.get(name);
    return (step.value as object | string | null) ?? ABSENT;
  };
  const remember = (type: KeyType, id: string, value: unknown): void => {
    if (NOT_REMEMBERED.has(type)) return;
    memory.set(nameOf(type, id), value === null ? ABSENT : value);
  };
  const copyFor = (type: KeyType, value: unknown): unknown =>
    CHANGED_BY_READERS.has(type) ? structuredClone(value) : value;

  const readAll = async <T extends KeyType>(type: T, ids: readonly string[]): Promise<KeysById<T>> => {
    const found: KeysById<T> = {};
    const give = (id: string, value: unknown): void => {
      if (value !== ABSENT) found[id] = copyFor(type, value) as SignalDataTypeMap[T];
    };
    const missing: string[] = [];
    for (const id of ids) {
      const value = known(nameOf(type, id));
      if (value === undefined) missing.push(id);
      else give(id, value);
    }
    if (missing.length === 0) return found;
    const texts = await reader.read(missing.map((id) => nameOf(type, id)));
    for (const [index, id] of missing.entries()) {
      // A write may have overtaken the read: what it wrote is newer than what was read.
      const value = known(nameOf(type, id)) ?? decode(type, texts[index]);
      remember(type, id, value ?? null);
      if (value !== undefined) give(id, value);
    }
    return found;
  };

  const write = async (entries: readonly Entry[]): Promise<void> => {
    if (closed || entries.length === 0) return;
    const changes = new Map(
      entries.map(({ type, id, value }) => [nameOf(type, id), value === null ? null : encode(value)] as const),
    );
    try {
      await writer.write(changes);
    } catch (error) {
      signalStore.onWriteFailed?.(error);
      throw error;
    }
  };

  const signalStore: SignalStore = {
    onWriteFailed: undefined,

    async get(type, ids) {
      const found = await readAll(type, ids);
      return type === 'tctoken' && sending.getStore() ? (asIssuedNow(found, ids) as typeof found) : found;
    },

    async set(data: SignalDataSet) {
      const entries = entriesOf(data);
      await write(entries);
      if (!closed) for (const { type, id, value } of entries) remember(type, id, value);
    },

    step(data) {
      const entries = entriesOf(data);
      for (const entry of entries) {
        ahead.set(nameOf(entry.type, entry.id), entry);
        remember(entry.type, entry.id, entry.value);
      }
      const forget = (): void => {
        for (const entry of entries) {
          const name = nameOf(entry.type, entry.id);
          if (ahead.get(name) === entry) ahead.delete(name);
        }
      };
      // A failure has been reported, and `stored` says so too.
      write(entries).then(forget, forget);
    },

    stored: () => writer.stored(),

    whileSending: (send, addressed = new Set()) => sending.run(addressed, send),
    noteEncrypted: (deviceJid) => void sending.getStore()?.add(deviceJid),

    close() {
      closed = true;
    },
  };
  return signalStore;
}

type Token = SignalDataTypeMap['tctoken'];

/** What Baileys reads as "this contact was given a token already"; the token the contact gave us stays what it is. */
function asIssuedNow(found: KeysById<KeyType>, ids: readonly string[]): KeysById<'tctoken'> {
  const senderTimestamp = Math.floor(Date.now() / 1000);
  const issued = (id: string): Token => ({
    token: Buffer.alloc(0),
    ...(found[id] as Token | undefined),
    senderTimestamp,
  });
  return Object.fromEntries(ids.map((id) => [id, issued(id)]));
}

interface Entry {
  readonly type: KeyType;
  readonly id: string;
  /** null: deleted. */
  readonly value: unknown;
}

function entriesOf(data: SignalDataSet): Entry[] {
  const byType = Object.entries(data) as Array<[KeyType, Record<string, unknown> | undefined]>;
  return byType.flatMap(([type, values]) =>
    Object.entries(values ?? {}).map(([id, value]) => ({ type, id, value: value ?? null })),
  );
}
