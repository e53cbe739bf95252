/**
 * Tells requests that wait when something happened to their message. One subscription per process covers the outcomes
 * of all messages somebody awaits, so a request adds no command and what is told right after its accept is not missed.
 */
import { describeError, type Logger, type Redis } from '@pombo/runtime';
import type { Keys } from '@pombo/store';

/** One request's interest in one message. */
export interface Watch {
  /**
   * Resolves with what was told since the last call, or without once the record is worth reading again: the subscription
   * was interrupted, `timeoutMs` passed, or `signal` was aborted.
   */
  next(timeoutMs: number, signal: AbortSignal): Promise<string | undefined>;
  /** False once the process stops: nobody should wait any longer. */
  readonly open: boolean;
  release(): void;
}

export interface OutcomeWaiter {
  start(): Promise<void>;
  /** Call it before the message is accepted, and `release` in the end. */
  watch(messageId: string): Watch;
  /** Lets everybody go. */
  close(): void;
}

export interface OutcomeWaiterParts {
  /** A connection for subscriptions, that waits for Redis for ever; stays the caller's to connect and close. */
  readonly subscriber: Redis;
  readonly keys: Keys;
  readonly logger: Logger;
}

export function createOutcomeWaiter({ subscriber, keys, logger }: OutcomeWaiterParts): OutcomeWaiter {
  const bells = new Map<string, Set<Bell>>();
  let open = true;
  const ringAll = (): void => {
    for (const ringing of bells.values()) for (const bell of ringing) bell.ring();
  };
  // Also after every reconnect; whatever was told in between is then read from the records.
  const subscribe = async (): Promise<void> => {
    await subscriber.psubscribe(`${keys.outcomePrefix}*`);
    ringAll();
  };

  subscriber.on('pmessage', (_pattern: string, channel: string, told: string) => {
    for (const bell of bells.get(channel) ?? []) bell.ring(told);
  });
  subscriber.on('ready', () => {
    subscribe().catch((error: unknown) => logger.warn('subscribing to outcomes failed', describeError(error)));
  });

  return {
    close() {
      open = false;
      ringAll();
    },
    start: subscribe,
    watch(messageId) {
      const channel = keys.outcome(messageId);
      const bell = createBell();
      bells.set(channel, (bells.get(channel) ?? new Set()).add(bell));
      const release = (): void => {
        bells.get(channel)?.delete(bell);
        if (bells.get(channel)?.size === 0) bells.delete(channel);
      };
      return {
        next: (timeoutMs, signal) => bell.heard(timeoutMs, signal),
        release,
        get open() {
          return open;
        },
      };
    },
  };
}

interface Bell {
  ring(told?: string): void;
  heard(timeoutMs: number, signal: AbortSignal): Promise<string | undefined>;
}

/** Remembers that it rang, so that ringing between two `heard` is not lost. */
function createBell(): Bell {
  let rang = false;
  let last: string | undefined;
  let wake: (() => void) | undefined;
  return {
    ring(told) {
      rang = true;
      last = told;
      wake?.();
    },
    async heard(timeoutMs, signal) {
      if (!rang && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener('abort', wake, { once: true });
        });
        if (wake) signal.removeEventListener('abort', wake);
        wake = undefined;
      }
      rang = false;
      const told = last;
      last = undefined;
      return told;
    },
  };
}
