/** What a session is given, and what it reports. */
import type { Logger } from '@pombo/runtime';
import type { Endpoint } from './endpoint.js';
import type { AuthStore } from './auth/auth-store.js';
import type { ContactBook } from './contacts/contact-desk.js';
import type { TokenTimes } from './contacts/privacy-tokens.js';
import type { ConnectSlots } from './connection/connect-slots.js';
import type { DisconnectKind } from './connection/disconnect.js';
import type { SocketTimes } from './connection/socket-watch.js';
import type { SplitMessage } from './message-bytes.js';
import type { ReachoutLock } from './reachout-lock.js';
import type { Received } from './receiving/read-received.js';
import type { Receipt } from './receipts.js';
import type { Ack } from './sending/ack-waiter.js';

/** `pairing` shows codes; `waiting` has lost its connection and will try again; `ended` will not. */
export type SessionState = 'connecting' | 'pairing' | 'connected' | 'waiting' | 'ended';

/** Who a paired device is. */
export interface DeviceIdentity {
  /** With device part, as in `5511…:3@s.whatsapp.net`. */
  readonly jid: string;
  readonly lid: string | undefined;
  /** Digits only. */
  readonly phone: string;
}

/** Reports of a session; each is called as it happens and must not throw. */
export interface SessionReports {
  stateChanged(state: SessionState, why: DisconnectKind | undefined): void;
  /** @param lifetimeMs how long the code is good for. */
  codeShown(qr: string, lifetimeMs: number): void;
  paired(identity: DeviceIdentity): void;
  connected(identity: DeviceIdentity): void;
  /** Credentials are already forgotten. */
  loggedOut(): void;
  /** WhatsApp hears that it was taken once this has resolved, and tells it again after the next login if it has not. */
  receipt(this: void, receipt: Receipt): Promise<void> | void;
  /** JIDs of people who wrote to this account, or whom it wrote to with another of its devices. */
  heard(chats: readonly string[]): void;
  /** WhatsApp said whether this account may open new chats. */
  reachoutLock(lock: ReachoutLock): void;
  /** Somebody wrote to this account. WhatsApp hears that it arrived once this has resolved; a rejection asks for it again. */
  received(received: Received): Promise<void> | void;
  /** An ack nobody waits for any more. */
  lateAck(ack: Ack): void;
  /** The credentials could not be written (another worker owns the device): the session has ended itself. */
  evicted(error: unknown): void;
}

export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly auth: AuthStore;
  readonly book: ContactBook;
  readonly tokenTimes: TokenTimes;
  /** What was sent under an id, for a recipient that asks again; bytes of the protobuf. */
  readonly readSent: (messageId: string) => Promise<SplitMessage | undefined>;
  readonly reports: SessionReports;
  readonly logger: Logger;
  readonly times: SocketTimes;
  /** Shared by the sessions of a process, which then do not connect all at once. */
  readonly connectSlots?: ConnectSlots;
  /** How long to wait for an acknowledgement. */
  readonly ackTimeoutMs: number;
  /** How long an upload may take. */
  readonly uploadTimeoutMs: number;
  /** Unpaired: show codes until then (ms since the epoch). */
  readonly pairingUntil: () => number;
  /**
   * Whether the ratchet is written before the bytes leave. Off only in tests that show what it is good for.
   * Default true.
   */
  readonly durableRatchet?: boolean;
  /** Whether the device still is this process's; asked before each write to a socket, which is destroyed otherwise. Default true. */
  readonly mayWrite?: () => boolean;
}
