/**
 * What WhatsApp says about an account that may not write to new chats. A refusal (463) means "restricted, or a token is
 * missing": new chats are held at once, and WhatsApp is asked which it is. Its answer, or what it says by itself, is
 * written down under the lease, so that the next owner of the device knows it too.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { describeError, type Logger, MINUTE, SECOND } from '@pombo/runtime';
import type { HeldLease, Restrictions } from '@pombo/store';
import type { ReachoutLock } from '@pombo/whatsapp';

export interface RestrictionWatch {
  /** WhatsApp refused a message to this chat (empty when that is not known). Resolves when new chats are held. */
  refused(chat: string): Promise<void>;
  /** WhatsApp said so by itself. */
  told(lock: ReachoutLock): void;
  /** Asks whether a restriction known from before is still in force. */
  connected(): void;
}

export interface RestrictionWatchOptions {
  readonly lease: HeldLease;
  readonly ask: () => Promise<ReachoutLock>;
  readonly restrictions: Pick<Restrictions, 'suspect' | 'set' | 'read'>;
  /** New chats may be held or free now. */
  readonly onChange: () => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** How long new chats are held on suspicion: longer than asking takes. */
const SUSPICION_MS = MINUTE;
/** WhatsApp Web takes a restriction without an end for one of a minute, and so asks again. */
const NO_END_MS = MINUTE;
const FIRST_RETRY_MS = 2 * SECOND;
const LONGEST_RETRY_MS = MINUTE;

export function createRestrictionWatch(options: RestrictionWatchOptions): RestrictionWatch {
  const { lease, ask, restrictions, onChange, logger, signal } = options;
  let asking: Promise<void> | undefined;

  const apply = async ({ active, until, type }: ReachoutLock): Promise<void> => {
    // A restriction in force whose end is past has none.
    const hasEnd = until !== undefined && until > Date.now();
    const end = hasEnd ? until : Date.now() + NO_END_MS;
    const began = await restrictions.set(lease, active ? { until: end, type } : undefined);
    if (began) logger.warn('WhatsApp restricts the account: messages to new chats are held', { until: end, type });
    if (active && !hasEnd) void askIn(NO_END_MS / 2);
    onChange();
  };

  /** Until there is an answer, or the device is given up. */
  const askUntilAnswered = async (): Promise<void> => {
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      try {
        return await apply(await ask());
      } catch (error) {
        logger.debug('WhatsApp did not say whether the account is restricted', describeError(error));
        await restrictions.suspect(lease, '', Date.now() + SUSPICION_MS + retryMs);
        await wait(retryMs, undefined, { signal });
      }
    }
  };

  const start = (): void => {
    asking ??= askUntilAnswered()
      .catch((error: unknown) => {
        if (!signal.aborted) logger.warn('a restriction could not be looked into', describeError(error));
      })
      .finally(() => (asking = undefined));
  };

  const askIn = async (ms: number): Promise<void> => {
    await wait(ms, undefined, { signal, ref: false }).then(start, () => undefined);
  };

  const startIfRestricted = async (): Promise<void> => {
    if (await restrictions.read(lease.deviceId)) start();
  };

  const logFailure = (error: unknown): void =>
    logger.warn('a restriction could not be written down', describeError(error));

  return {
    async refused(chat) {
      await restrictions.suspect(lease, chat, Date.now() + SUSPICION_MS).catch(logFailure);
      start();
    },
    told: (lock) => void apply(lock).catch(logFailure),
    connected: () => void startIfRestricted().catch(logFailure),
  };
}
