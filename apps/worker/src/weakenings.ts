/**
 * Protections a worker can be built without, by tests that show what each is good for: a fault suite that passes without
 * one shows nothing. No setting leads here.
 */
import { takeBackJobs } from '@pombo/queue';
import type { AuthState, HeldLease, Leases, Store } from '@pombo/store';
import type { Session } from '@pombo/whatsapp';
import type { DeviceDirectory } from './recipients/device-directory.js';

export interface Weakenings {
  /** Looks at or slows down what is written of credentials. */
  readonly wrapAuthState?: ((auth: AuthState, lease: HeldLease) => AuthState) | undefined;
  /** See `SessionOptions.durableRatchet`. */
  readonly durableRatchet?: boolean | undefined;
  readonly wrapStore?: ((store: Store) => Store) | undefined;
  readonly wrapLeases?: ((leases: Leases) => Leases) | undefined;
  /** How long Redis may be silent before a worker doubts its leases. */
  readonly doubtAfterMs?: number | undefined;
  readonly wrapSession?: ((session: Session) => Session) | undefined;
  readonly wrapDirectory?: ((directory: DeviceDirectory) => DeviceDirectory) | undefined;
  /** What a new owner does first about the jobs of the one before. */
  readonly takeBack?: typeof takeBackJobs | undefined;
}

const asItIs = <T>(whole: T): T => whole;

/** @returns a worker's own ways where nothing else is asked for. */
export function withoutWeakness(weakenings: Weakenings) {
  return {
    wrapAuthState: weakenings.wrapAuthState ?? asItIs<AuthState>,
    wrapStore: weakenings.wrapStore ?? asItIs<Store>,
    wrapLeases: weakenings.wrapLeases ?? asItIs<Leases>,
    durableRatchet: weakenings.durableRatchet ?? true,
    wrapSession: weakenings.wrapSession ?? asItIs<Session>,
    wrapDirectory: weakenings.wrapDirectory ?? asItIs<DeviceDirectory>,
    takeBack: weakenings.takeBack ?? takeBackJobs,
  };
}
