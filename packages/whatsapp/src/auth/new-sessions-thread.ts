/** Run in a thread by `new-sessions.ts`: makes Signal sessions, which is nothing but arithmetic. */
import { useNativeCurve } from './native-curve.js';
import { makeSession, unpackSessions } from './new-session.js';

useNativeCurve();

/** @param packed see `new-session.ts` @returns each as libsignal stores it, in JSON; null for one that cannot be made. */
export default async function makeSessions(packed: Uint8Array): Promise<Array<string | null>> {
  const made = await Promise.allSettled(unpackSessions(packed).map(makeSession));
  return made.map((one) => (one.status === 'fulfilled' ? JSON.stringify(one.value.serialize()) : null));
}
