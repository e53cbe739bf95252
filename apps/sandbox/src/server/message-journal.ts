/** Which message stanzas came over which login, and what the server answered: tells a needed second sending from a needless one. */
export type JournalAnswer = 'acked' | 'ack-dropped' | 'refused' | 'swallowed' | 'cut';

export interface JournalEntry {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Jid of the sending device. */
  readonly device: string;
  /** Grows with every login, of whatever device. */
  readonly login: number;
  readonly to: string;
  readonly answer: JournalAnswer;
}

export class MessageJournal {
  readonly #capacity: number;
  #entries: JournalEntry[] = [];
  #logins = 0;

  /** @param capacity the oldest entries beyond it are forgotten. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  nextLogin(): number {
    this.#logins += 1;
    return this.#logins;
  }

  note(entry: Omit<JournalEntry, 'at'>): void {
    this.#entries.push({ ...entry, at: Date.now() });
    // In blocks: cutting one off with every message would move the whole list each time.
    if (this.#entries.length > 2 * this.#capacity) this.#entries = this.#entries.slice(-this.#capacity);
  }

  entries(): readonly JournalEntry[] {
    return this.#entries.slice(-this.#capacity);
  }

  clear(): void {
    this.#entries = [];
  }
}
