/**
 * A new Signal session takes five key agreements, half a millisecond in all, and every recipient of a campaign has about
 * two devices: a tenth of what a message costs. Where many are started together they are made in a thread, so that the
 * sockets need not wait for it; libsignal takes them from there (decision 0026).
 */
import { fileURLToPath } from 'node:url';
import * as libsignal from 'libsignal';
import { Piscina } from 'piscina';
import { endOfTick } from './end-of-tick.js';
import {
  type InitSession,
  isUsual,
  makeSession,
  type NewSession,
  packSessions,
  type SessionEntry,
  sessionBuilder,
} from './new-session.js';

/** Fewer are made sooner than a thread has heard of them. */
const WORTH_A_THREAD = 8;
/** Then the thread ends, until it is needed again. */
const IDLE_MS = 60_000;
/** It holds nothing. */
const THREAD_MEGABYTES = 64;
/** Fifty take it some 30 ms; a thread that could not begin at all says nothing. */
const PATIENCE_MS = 5_000;
/** So long after a thread failed, sessions are made here. */
const REST_MS = 60_000;

const { initSession } = sessionBuilder;
const { createEntry } = libsignal.SessionRecord as unknown as { readonly createEntry: () => SessionEntry };
const entries = createEntry().constructor as unknown as { readonly deserialize: (data: unknown) => SessionEntry };

/** The compiled one, also where this file is run from its source. */
const THREAD = new URL('../../dist/auth/new-sessions-thread.js', import.meta.url);

/**
 * Has libsignal make new sessions here, in this process and from now on.
 * @param thread what a thread runs. @param patienceMs with a thread that does not answer
 */
export function makeSessionsAside(thread = THREAD, patienceMs = PATIENCE_MS): void {
  const make = createMaker(fileURLToPath(thread), patienceMs);
  sessionBuilder.initSession = function (...args: Parameters<InitSession>) {
    const [isInitiator, baseKey, , theirIdentity, theirOneTimeKey, theirSignedKey, registrationId] = args;
    const ourIdentity = this.storage.getOurIdentity();
    const session = { ourIdentity, baseKey, theirIdentity, theirOneTimeKey, theirSignedKey, registrationId };
    return isInitiator && isUsual(session) ? make(session) : initSession.apply(this, args);
  };
}

function createMaker(filename: string, patienceMs: number): (session: NewSession) => Promise<SessionEntry> {
  const resourceLimits = { maxOldGenerationSizeMb: THREAD_MEGABYTES };
  const pool = new Piscina({ filename, minThreads: 0, maxThreads: 1, idleTimeout: IDLE_MS, resourceLimits });
  // A thread that ends while nobody waits for it is of no consequence.
  pool.on('error', () => undefined);
  let next: { readonly sessions: NewSession[]; readonly made: Promise<ReadonlyArray<string | null>> } | undefined;

  let restingUntil = -Infinity;

  const makeMany = async (sessions: readonly NewSession[]): Promise<ReadonlyArray<string | null>> => {
    if (sessions.length < WORTH_A_THREAD || performance.now() < restingUntil) return [];
    try {
      return (await pool.run(packSessions(sessions), { signal: AbortSignal.timeout(patienceMs) })) as Array<
        string | null
      >;
    } catch {
      // What it was to make is made here.
      restingUntil = performance.now() + REST_MS;
      return [];
    }
  };
  const begin = (): NonNullable<typeof next> => {
    const sessions: NewSession[] = [];
    const made = endOfTick().then(() => {
      next = undefined;
      return makeMany(sessions);
    });
    return { sessions, made };
  };

  return async (session) => {
    next ??= begin();
    const nth = next.sessions.push(session) - 1;
    const made = (await next.made)[nth];
    // What cannot be made is refused by libsignal itself.
    return made ? entries.deserialize(JSON.parse(made)) : makeSession(session);
  };
}
