/** WhatsApp's lock on an account that wrote to too many strangers: it may not open new chats for a while. */
import type { ConnectionState, WASocket } from '@whiskeysockets/baileys';

export interface ReachoutLock {
  readonly active: boolean;
  /** Milliseconds since the epoch; absent when WhatsApp names no end. */
  readonly until: number | undefined;
  /** WhatsApp's word for the kind of it, `DEFAULT` mostly. */
  readonly type: string;
}

export async function fetchReachoutLock(socket: WASocket): Promise<ReachoutLock> {
  return toReachoutLock(await socket.fetchAccountReachoutTimelock());
}

export function toReachoutLock(lock: NonNullable<ConnectionState['reachoutTimeLock']>): ReachoutLock {
  const until = lock.timeEnforcementEnds?.getTime();
  return {
    active: lock.isActive === true,
    until: Number.isFinite(until) ? until : undefined,
    type: lock.enforcementType ?? '',
  };
}
