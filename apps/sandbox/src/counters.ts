/** What happened so far. Tests and benchmarks read it; nothing in the sandbox decides by it. */
export interface CounterValues {
  connections: { opened: number; closed: number };
  logins: { accepted: number; refused: number };
  registrations: number;
  /** Sessions that ended because their device logged in again elsewhere. */
  replacedSessions: number;
  /** By tag. */
  stanzas: Record<string, number>;
  /** By `type xmlns child`, for instance `get encrypt key`. */
  iqs: Record<string, number>;
  unknownIqs: number;
  /** `byRecipient` counts devices, `requestsByRecipient` the queries that named any of them. */
  keyFetches: {
    requests: number;
    devices: number;
    byRecipient: Record<string, number>;
    requestsByRecipient: Record<string, number>;
  };
  preKeysUploaded: number;
  privacyTokens: { queries: number; tokens: number; byRecipient: Record<string, number> };
  usync: { queries: number; users: number };
  uploads: { begun: number; accepted: number; refused: number; bytes: number };
  downloads: { count: number; bytes: number };
  messages: {
    received: number;
    acked: number;
    nacked: number;
    acksDropped: number;
    swallowed: number;
    /** Ciphertexts for a device that doesn't exist. */
    undeliverable: number;
  };
  /** Ciphertexts that reached a device the sandbox plays. */
  arrivals: number;
  decrypted: number;
  decryptsSkipped: number;
  decryptFailures: number;
  /** Messages a phone had shown before. */
  duplicates: number;
  receiptsSent: number;
  retryReceiptsSent: number;
  /** Of clients that could not read what a phone had sent. */
  retryReceiptsReceived: number;
  /** Stanzas from a socket whose successor had logged in. */
  refusedAfterSuccessor: number;
}

const zero = (): CounterValues => ({
  connections: { opened: 0, closed: 0 },
  logins: { accepted: 0, refused: 0 },
  registrations: 0,
  replacedSessions: 0,
  stanzas: {},
  iqs: {},
  unknownIqs: 0,
  keyFetches: { requests: 0, devices: 0, byRecipient: {}, requestsByRecipient: {} },
  preKeysUploaded: 0,
  privacyTokens: { queries: 0, tokens: 0, byRecipient: {} },
  usync: { queries: 0, users: 0 },
  uploads: { begun: 0, accepted: 0, refused: 0, bytes: 0 },
  downloads: { count: 0, bytes: 0 },
  messages: { received: 0, acked: 0, nacked: 0, acksDropped: 0, swallowed: 0, undeliverable: 0 },
  arrivals: 0,
  decrypted: 0,
  decryptsSkipped: 0,
  decryptFailures: 0,
  duplicates: 0,
  receiptsSent: 0,
  retryReceiptsSent: 0,
  retryReceiptsReceived: 0,
  refusedAfterSuccessor: 0,
});

export class Counters {
  #values = zero();

  get values(): CounterValues {
    return this.#values;
  }

  /** A copy that stays as it is. */
  snapshot(): CounterValues {
    return structuredClone(this.#values);
  }

  reset(): void {
    this.#values = zero();
  }
}

export function bump(table: Record<string, number>, name: string): void {
  table[name] = (table[name] ?? 0) + 1;
}
