import type { CounterValues } from '../counters.js';
import type { JournalEntry } from '../server/message-journal.js';
import type { World } from '../world.js';

export interface SandboxReport {
  /** Above 1, only one message in so many was really decrypted. */
  readonly decryptOneIn: number;
  readonly receiptDelayMs: number;
  readonly readReceipts: boolean;
  readonly users: number;
  readonly linkedDevices: number;
  readonly connectedDevices: number;
  readonly counters: CounterValues;
}

export interface ObservationControls {
  counters(): CounterValues;
  resetCounters(): void;
  /** Message stanzas that came, oldest first; cleared with the counters. */
  journal(): readonly JournalEntry[];
  /** Counters, and how much they are worth. */
  report(): SandboxReport;
}

export function observationControls(world: () => World): ObservationControls {
  return {
    counters: () => world().counters.snapshot(),
    resetCounters: () => {
      world().counters.reset();
      world().journal.clear();
    },
    journal: () => world().journal.entries(),
    report: () => report(world()),
  };
}

function report({ options, directory, counters }: World): SandboxReport {
  const { decryptOneIn, receiptDelayMs, readReceipts } = options;
  const clients = directory.clientDevices();
  return {
    decryptOneIn,
    receiptDelayMs,
    readReceipts,
    users: directory.all().length,
    linkedDevices: clients.length,
    connectedDevices: clients.filter(({ session }) => session !== undefined).length,
    counters: counters.snapshot(),
  };
}
