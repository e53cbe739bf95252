/**
 * Has the recipients of messages that were just taken in hand found out about in batches, so that each message finds
 * everything there when it is prepared: fifty people cost two queries instead of a hundred.
 */
import { describeError, growingUpTo, type Logger } from '@pombo/runtime';
import { LRUCache } from 'lru-cache';
import type { DeviceDirectory } from './device-directory.js';

export interface RecipientWarmer {
  /** Called with the recipients of all messages that come to hand. Returns at once and never throws. */
  warm(recipients: readonly string[]): void;
}

export interface WarmerOptions {
  readonly directory: Pick<DeviceDirectory, 'warm'>;
  readonly logger: Logger;
}

/** Recipients not warmed again while they are remembered. */
const REMEMBERED = 500;

export function createRecipientWarmer({ directory, logger }: WarmerOptions): RecipientWarmer {
  const seen = new LRUCache<string, true>(growingUpTo(REMEMBERED));
  let next: string[] = [];
  let working = false;

  const work = async (): Promise<void> => {
    while (next.length > 0) {
      const recipients = next;
      next = [];
      await directory.warm(recipients);
    }
  };

  return {
    warm(recipients) {
      const fresh = [...new Set(recipients)].filter((jid) => !seen.has(jid));
      for (const jid of fresh) seen.set(jid, true);
      next.push(...fresh);
      if (working || next.length === 0) return;
      working = true;
      work()
        // Each message finds out for itself, and fails for itself.
        .catch((error: unknown) => logger.debug('recipients were not warmed', describeError(error)))
        .finally(() => (working = false));
    },
  };
}
