/** Has a pairing code shown that is to be typed into a phone. One socket gives one: the next socket needs another. */
import { describeError, type Logger, SECOND } from '@pombo/runtime';
import type { LinkCode } from '@pombo/store';
import type { Session } from '@pombo/whatsapp';

export interface LinkByCode {
  /** Another socket takes the place of the one there was, with which its code is worth nothing any more. */
  socketReplaced(): void;
  /** A new socket shows its first code, or the next one: from now on a code can be asked for. */
  socketReady(): void;
  /** Another phone is to be linked, or none. */
  phoneChanged(): void;
}

export interface LinkByCodeOptions {
  readonly session: Pick<Session, 'state' | 'requestPairingCode'>;
  /** Digits of the phone to be linked, if one is. */
  readonly phone: () => string | undefined;
  readonly shown: (code: LinkCode) => void;
  readonly logger: Logger;
}

/** A socket that pairs lives for 160 s (60 s for the first QR code, 20 s for each of five more); less what it took to ask. */
export const LINK_CODE_MS = 120 * SECOND;

export function createLinkByCode({ session, phone, shown, logger }: LinkByCodeOptions): LinkByCode {
  let askedFor: string | undefined;
  let validUntil = 0;

  const ask = async (number: string): Promise<void> => {
    askedFor = number;
    const expiresAt = Date.now() + LINK_CODE_MS;
    validUntil = expiresAt;
    try {
      shown({ code: await session.requestPairingCode(number), phone: number, expiresAt });
    } catch (error) {
      // The next code that is shown asks again.
      validUntil = 0;
      logger.info('no pairing code was given', describeError(error));
    }
  };
  const askIfWanted = (): void => {
    const number = phone();
    if (number === undefined || session.state !== 'pairing') return;
    if (number !== askedFor || validUntil <= Date.now()) void ask(number);
  };
  const socketReplaced = (): void => {
    validUntil = 0;
  };
  return { socketReplaced, socketReady: askIfWanted, phoneChanged: askIfWanted };
}
