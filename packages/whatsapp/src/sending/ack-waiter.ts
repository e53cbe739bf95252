/** Matches WhatsApp's acknowledgements to the sends that wait for them. */
import { rejectionFromAck, UnknownOutcomeError } from './send-outcome.js';

export interface Ack {
  readonly id: string;
  /** Set when the server refused the message. */
  readonly error?: string;
  /** The server's hash over the recipient's devices; differs from ours when some were missed. */
  readonly phash?: string;
}

/** One sending's wait for its ack. */
export interface ExpectedAck {
  /** Resolves with the ack; rejects with a PomboError when it refuses, with UnknownOutcomeError at the deadline. */
  readonly acknowledged: Promise<Ack>;
  /** Ends this wait, though no later one for the same id; nothing when its ack has come. */
  fail(error: Error): void;
}

export interface AckWaiter {
  /** A wait for the same id that is still open ends with an unknown outcome. */
  expect(id: string, timeoutMs: number): ExpectedAck;
  /** @returns false when nobody waits for this ack any more. */
  settle(ack: Ack): boolean;
  /** The connection is gone: whoever waits learns that the outcome is unknown. */
  abandonAll(): void;
}

interface Waiting {
  readonly resolve: (ack: Ack) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export function createAckWaiter(): AckWaiter {
  const waiting = new Map<string, Waiting>();

  const take = (id: string): Waiting | undefined => {
    const found = waiting.get(id);
    if (!found) return undefined;
    clearTimeout(found.timer);
    waiting.delete(id);
    return found;
  };

  return {
    expect(id, timeoutMs) {
      take(id)?.reject(new UnknownOutcomeError('the message was sent again before it was acknowledged'));
      const acknowledged = new Promise<Ack>((resolve, reject) => {
        const giveUp = () =>
          take(id)?.reject(
            new UnknownOutcomeError('WhatsApp did not acknowledge the message in time', { timedOut: true }),
          );
        waiting.set(id, { resolve, reject, timer: setTimeout(giveUp, timeoutMs) });
      });
      const own = waiting.get(id);
      return {
        acknowledged,
        fail(error) {
          if (waiting.get(id) === own) take(id)?.reject(error);
        },
      };
    },
    settle(ack) {
      const found = take(ack.id);
      if (!found) return false;
      if (ack.error === undefined) found.resolve(ack);
      else found.reject(rejectionFromAck(ack.error));
      return true;
    },
    abandonAll() {
      for (const id of [...waiting.keys()]) {
        const why = 'the connection was lost before WhatsApp acknowledged the message';
        take(id)?.reject(new UnknownOutcomeError(why, { disconnected: true }));
      }
    },
  };
}
