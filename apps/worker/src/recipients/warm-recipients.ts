/**
 * Looks ahead in a device's queue and has the recipients of waiting messages found out about in batches, so that a
 * message taken up finds everything there: fifty people cost two queries instead of a hundred.
 */
import { describeError, type Logger } from '@pombo/runtime';
import { LRUCache } from 'lru-cache';
import type { DeviceDirectory } from './device-directory.js';

export interface RecipientWarmer {
  /** Called for every message taken up; mostly does nothing. Never throws. */
  lookAhead(): void;
}

export interface WarmerOptions {
  readonly directory: Pick<DeviceDirectory, 'warm'>;
  /** Ids of the messages that are next. */
  readonly peek: (count: number) => Promise<string[]>;
  /** Recipients of messages, in their order. */
  readonly readRecipients: (messageIds: readonly string[]) => Promise<Array<string | undefined>>;
  readonly logger: Logger;
}

/** How far ahead: two batches, so that the next is under way while the first is sent. */
const AHEAD = 100;
const REMEMBERED = 2 * AHEAD;

export function createRecipientWarmer({ directory, peek, readRecipients, logger }: WarmerOptions): RecipientWarmer {
  const seen = new LRUCache<string, true>({ max: REMEMBERED });
  /** Messages to be taken up before it is worth looking again. */
  let rest = 0;
  let working = false;

  const warmNext = async (): Promise<void> => {
    const ids = await peek(AHEAD);
    rest = Math.floor(ids.length / 2);
    const fresh = ids.filter((id) => !seen.has(id));
    if (fresh.length === 0) return;
    for (const id of fresh) seen.set(id, true);
    const recipients = await readRecipients(fresh);
    await directory.warm(recipients.filter((jid) => jid !== undefined));
  };

  return {
    lookAhead() {
      rest -= 1;
      if (working || rest > 0) return;
      working = true;
      warmNext()
        // Each message finds out for itself, and fails for itself.
        .catch((error: unknown) => logger.debug('recipients were not warmed', describeError(error)))
        .finally(() => (working = false));
    },
  };
}
