/**
 * Signal sessions of one device, kept as libsignal's own objects: (de)serialising a record for every message would
 * double the cost. libsignal changes a record before it knows whether a message can be read, so each attempt works
 * against a snapshot that is put back when it fails.
 */
import { libsignal } from '@pombo/whatsapp/protocol';

/** Members of libsignal's classes that its types leave out. */
interface SessionEntry {
  readonly indexInfo: { readonly baseKey: Buffer };
}

interface OpenRecord extends libsignal.SessionRecord {
  getSessions(): SessionEntry[];
  setSession(session: SessionEntry): void;
}

export type StoredSession = readonly [address: string, record: unknown];

const open = (record: libsignal.SessionRecord): OpenRecord => record as OpenRecord;

export class SessionBook {
  readonly #records = new Map<string, libsignal.SessionRecord>();

  get(address: string): libsignal.SessionRecord | undefined {
    return this.#records.get(address);
  }

  set(address: string, record: libsignal.SessionRecord): void {
    this.#records.set(address, record);
  }

  /** Runs an attempt that may change the record of `address`, and undoes the changes when it fails. */
  async attempt<T>(address: string, work: () => Promise<T>): Promise<T> {
    const before = this.#records.get(address)?.serialize();
    try {
      return await work();
    } catch (error) {
      if (before) this.#records.set(address, libsignal.SessionRecord.deserialize(before));
      else this.#records.delete(address);
      throw error;
    }
  }

  /**
   * One record per session of `address`, the most recently used first. Tried together, a message of an older session
   * would step the ratchet of the newer one before it is recognised.
   */
  separate(address: string): libsignal.SessionRecord[] {
    const record = this.#records.get(address);
    if (!record) return [];
    const sessions = open(record).getSessions();
    return sessions.length === 1 ? [record] : sessions.map(recordOf);
  }

  /** Puts a session that was tried apart back in its place. */
  merge(address: string, separated: libsignal.SessionRecord): void {
    const record = this.#records.get(address);
    if (!record || record === separated) return;
    for (const session of open(separated).getSessions()) open(record).setSession(session);
  }

  serialize(): StoredSession[] {
    return [...this.#records].map(([address, record]) => [address, record.serialize()]);
  }

  restore(stored: readonly StoredSession[]): void {
    for (const [address, record] of stored) {
      this.#records.set(address, libsignal.SessionRecord.deserialize(record as Uint8Array));
    }
  }
}

function recordOf(session: SessionEntry): libsignal.SessionRecord {
  const alone = new libsignal.SessionRecord();
  open(alone).setSession(session);
  // A copy: a failed attempt must leave the original untouched.
  return libsignal.SessionRecord.deserialize(alone.serialize());
}
