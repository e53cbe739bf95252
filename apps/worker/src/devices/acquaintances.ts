/** Remembers whom the account knows, so that messages to them are not held as messages to new chats. */
import { describeError, HOUR, type Logger } from '@pombo/runtime';
import type { Restrictions } from '@pombo/store';
import { LRUCache } from 'lru-cache';

export interface AcquaintancesOptions {
  readonly deviceId: string;
  readonly restrictions: Pick<Restrictions, 'noteChats'>;
  /** Called when these are remembered. */
  readonly onKnown: (chats: readonly string[]) => void;
  readonly logger: Logger;
}

/** Written again only after a while: what counts is that it was some time in the last months. */
const FRESH_MS = HOUR;
const REMEMBERED = 2000;

/** @returns what is to be called with the chats of messages that come in; returns at once and never throws. */
export function createAcquaintances(options: AcquaintancesOptions): (chats: readonly string[]) => void {
  const { deviceId, restrictions, onKnown, logger } = options;
  const fresh = new LRUCache<string, true>({ max: REMEMBERED, ttl: FRESH_MS });

  const remember = async (chats: readonly string[]): Promise<void> => {
    await restrictions.noteChats(deviceId, chats);
    for (const chat of chats) fresh.set(chat, true);
    onKnown(chats);
  };

  return (chats) => {
    const unheard = [...new Set(chats)].filter((chat) => !fresh.has(chat));
    if (unheard.length === 0) return;
    remember(unheard).catch((error: unknown) =>
      logger.warn('chats the account knows were not remembered', describeError(error)),
    );
  };
}
