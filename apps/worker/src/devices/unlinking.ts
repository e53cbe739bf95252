/** Unlinks a device from its phone, as its owner asked; where WhatsApp cannot be reached, its credentials go all the same. */
import { describeError, type Logger } from '@pombo/runtime';
import type { Session } from '@pombo/whatsapp';

export interface Unlinking {
  /** Once, however often it is asked. */
  begin(): void;
  /** Resolves when it has ended; at once when it was never begun. */
  settled(): Promise<void>;
}

export interface UnlinkingOptions {
  readonly session: Pick<Session, 'state' | 'whenConnected' | 'logOut' | 'forget'>;
  /** How long to wait for a connection. */
  readonly waitMs: number;
  /** Fires when the device is given up: then its next owner has it to do. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

export function createUnlinking({ session, waitMs, signal, logger }: UnlinkingOptions): Unlinking {
  let under: Promise<void> | undefined;
  const unlink = async (): Promise<void> => {
    try {
      await session.whenConnected(AbortSignal.any([AbortSignal.timeout(waitMs), signal]));
      await session.logOut();
    } catch (error) {
      // A session that ended by itself (banned, say) connects with no other owner either.
      if (signal.aborted && session.state !== 'ended') return;
      logger.warn('the device could not be unlinked at WhatsApp; its credentials are forgotten', describeError(error));
    }
    await session.forget();
  };
  return {
    begin() {
      under ??= unlink().catch((error: unknown) => {
        under = undefined;
        logger.error('the credentials could not be forgotten', describeError(error));
      });
    },
    settled: () => under ?? Promise.resolve(),
  };
}
