/** What a closed connection means, and what to do about it. */
import { Boom } from '@hapi/boom';
import { DisconnectReason } from '@whiskeysockets/baileys';
import { MINUTE, SECOND } from '@pombo/runtime';

export type DisconnectKind =
  /** WhatsApp asked for a new connection, as it does right after pairing. */
  | 'restart'
  /** The phone unlinked this device: its credentials are worth nothing any more. */
  | 'logged-out'
  /** The same device logged in elsewhere. */
  | 'replaced'
  /** WhatsApp no longer accepts this Web version. */
  | 'outdated'
  /** The account is banned. */
  | 'banned'
  /** Nobody scanned the codes in time. */
  | 'pairing-ended'
  /** Network or server trouble that passes. */
  | 'lost';

export interface Disconnect {
  readonly kind: DisconnectKind;
  /** WhatsApp's or Baileys' status code. */
  readonly code: number;
}

/** Reasons of a refused login that are not in Baileys' list; names as in WhatsApp Web's code, by way of whatsmeow. */
const TEMPORARILY_BANNED = 402;
const OUTDATED_VERSION = 405;
const BANNED = 406;
const BAD_USER_AGENT = 409;
/** Baileys' own code when the last pairing code ran out, and also that of every network that cannot be reached. */
const CODES_ENDED: number = DisconnectReason.timedOut;
const CODES: Readonly<Record<number, DisconnectKind>> = {
  [DisconnectReason.restartRequired]: 'restart',
  [DisconnectReason.loggedOut]: 'logged-out',
  [DisconnectReason.multideviceMismatch]: 'logged-out',
  [DisconnectReason.connectionReplaced]: 'replaced',
  [DisconnectReason.forbidden]: 'banned',
  [TEMPORARILY_BANNED]: 'banned',
  [BANNED]: 'banned',
  [OUTDATED_VERSION]: 'outdated',
  [BAD_USER_AGENT]: 'outdated',
};

/** @param showingCodes a connection that showed pairing codes and timed out has shown them all. */
export function classifyDisconnect(error: unknown, showingCodes: boolean): Disconnect {
  const code: number = error instanceof Boom ? error.output.statusCode : DisconnectReason.connectionClosed;
  if (showingCodes && code === CODES_ENDED) return { kind: 'pairing-ended', code };
  return { kind: CODES[code] ?? 'lost', code };
}

/** A connection that held this long proves that failures before it are over; a shorter one may be part of them. */
const STABLE_AFTER_MS = { lost: 10 * SECOND, replaced: 3 * MINUTE } as const;

/** Failures in a row, counted from 1, once a connection was lost that had been open for so long. */
export function countFailure(kind: DisconnectKind, earlier: number, openForMs: number): number {
  if (kind === 'restart') return 0;
  const stableAfterMs = kind === 'replaced' ? STABLE_AFTER_MS.replaced : STABLE_AFTER_MS.lost;
  return openForMs >= stableAfterMs ? 1 : earlier + 1;
}

const FIRST_DELAY_MS = SECOND;
const LONGEST_DELAY_MS = MINUTE;
/** A second owner or an old version does not go away by knocking: far apart, so as not to fight or look like an attack. */
const SLOW_DELAYS_MS = { replaced: 30 * SECOND, outdated: 5 * MINUTE } as const;

/**
 * Milliseconds until the next attempt: 1, 2, 4 … 60 s, of which the upper half is random so that a fleet does not
 * return in step; at once after a restart WhatsApp asked for; undefined when trying again is pointless.
 * @param failures connections lost in a row, from 1.
 */
export function reconnectDelayMs(kind: DisconnectKind, failures: number, random = Math.random): number | undefined {
  if (kind === 'restart') return 0;
  if (kind === 'logged-out' || kind === 'banned' || kind === 'pairing-ended') return undefined;
  const base =
    kind === 'lost'
      ? Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS)
      : SLOW_DELAYS_MS[kind] * Math.min(failures, 6);
  return base / 2 + (random() * base) / 2;
}

/**
 * Baileys answers some stanzas (a new pairing code, say) without a catch: when the connection goes at that moment, the
 * rejection reaches nobody. The close of the connection is reported all the same.
 */
export function isConnectionError(error: unknown): boolean {
  return error instanceof Boom && CONNECTION_CODES.has(error.output.statusCode);
}

const CONNECTION_CODES: ReadonlySet<number> = new Set([DisconnectReason.connectionClosed, DisconnectReason.timedOut]);
