/**
 * What to think of a server that does not acknowledge. One missing ack may be that message's; a server that is silent
 * altogether is asked for a sign of life, and a session in which one message after the other goes unacknowledged is
 * of no use, however lively the server answers otherwise.
 */
import { UnknownOutcomeError } from './send-outcome.js';

export interface AckDoubt {
  /** An ack came, perhaps one nobody waits for any more. */
  heard(): void;
  /** Waits for an ack with the worries that go with it. Settles as `acknowledged` does. */
  wait<T>(acknowledged: Promise<T>): Promise<T>;
}

export interface AckDoubtOptions {
  /** How long an ack may take before a sign of life is asked for. */
  readonly probeAfterMs: number;
  readonly probe: () => void;
  readonly recycle: (why: string) => void;
}

/** Unacknowledged in a row before the session is replaced. */
const MOST_UNACKNOWLEDGED = 2;

export function createAckDoubt({ probeAfterMs, probe, recycle }: AckDoubtOptions): AckDoubt {
  let unacknowledged = 0;

  const note = (error: unknown): void => {
    if (!(error instanceof UnknownOutcomeError) || !error.timedOut) return;
    unacknowledged += 1;
    if (unacknowledged < MOST_UNACKNOWLEDGED) return;
    unacknowledged = 0;
    recycle('WhatsApp acknowledges no message');
  };

  return {
    heard() {
      unacknowledged = 0;
    },
    async wait(acknowledged) {
      const doubt = setTimeout(probe, probeAfterMs);
      try {
        return await acknowledged;
      } catch (error) {
        note(error);
        throw error;
      } finally {
        clearTimeout(doubt);
      }
    },
  };
}
