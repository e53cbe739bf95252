/** One device in this worker's hands: its session, its queue, and the letting go of both. */
import { setTimeout as wait } from 'node:timers/promises';
import { describeError, SECOND } from '@pombo/runtime';
import { createConsumer, peekWaiting, takeBackJobs } from '@pombo/queue';
import { type AuthState, createAuthState, type HeldLease, StaleEpochError } from '@pombo/store';
import { createSession, type Endpoint, type SessionState } from '@pombo/whatsapp';
import { createDeviceDirectory } from '../recipients/device-directory.js';
import { createRecipientWarmer } from '../recipients/warm-recipients.js';
import { createDispatcher } from '../sending/dispatcher.js';
import type { SendContext, WorkerTools } from '../sending/send-context.js';
import { sendMessage } from '../sending/send-message.js';
import { createDeviceReporter } from './device-reporter.js';

/** Messages taken up at once: preparation of the next runs while one is on its way. */
const JOBS_IN_HAND = 4;
/** How long what was let go of may take to notice. */
const RELEASE_MS = 2 * SECOND;
/** Messages between dispatch and acknowledgement at once. */
const IN_FLIGHT = 1;

export interface OwnedDevice {
  readonly lease: HeldLease;
  /**
   * Resolves when the session has ended by itself: `final` when it was logged out, banned or not paired in time, so
   * that nothing is gained by opening it again.
   */
  readonly ended: Promise<{ readonly final: boolean }>;
  /** Resolves when it is known whether the first attempt to connect has succeeded. */
  readonly settled: Promise<void>;
  /** Finishes what is in flight, at most `graceMs`, then closes the socket. The lease stays the caller's to release. */
  stop(graceMs: number): Promise<void>;
  /** The lease is lost: ends the socket at once. */
  abandon(): Promise<void>;
}

export interface OwnedDeviceOptions extends WorkerTools {
  readonly endpoint: Endpoint;
  readonly lease: HeldLease;
  /** Until when to show pairing codes, ms since the epoch. */
  readonly pairingUntil: number;
  /** Tests look at or slow down what is written of credentials. */
  readonly wrapAuthState?: ((auth: AuthState) => AuthState) | undefined;
  /** See `SessionOptions.durableRatchet`. */
  readonly durableRatchet?: boolean | undefined;
}

/** Takes back the jobs of the predecessor, loads the credentials, connects, and consumes while connected. */
export async function openOwnedDevice(options: OwnedDeviceOptions): Promise<OwnedDevice> {
  const { store, config, lease, endpoint, wrapAuthState, durableRatchet = true } = options;
  const { deviceId, epoch } = lease;
  const logger = options.logger.child({ deviceId, epoch });
  // Before there is anything to close.
  if ((await takeBackJobs(store.redis, store.keys, deviceId, epoch)) === undefined) throw new StaleEpochError(deviceId);
  const reporter = createDeviceReporter(lease, store, logger);
  const released = new AbortController();
  const inHand = new Set<Promise<void>>();
  let leaving = false;
  let markEnded: (end: { final: boolean }) => void = () => undefined;
  const ended = new Promise<{ final: boolean }>((resolve) => (markEnded = resolve));
  let markSettled: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => (markSettled = resolve));

  const auth = createAuthState(store.redis, store.keys, store.cipher, deviceId, epoch);
  const session = await createSession({
    endpoint,
    auth: wrapAuthState ? wrapAuthState(auth) : auth,
    book: store.recipients,
    tokenTimes: {
      findDue: (users) => store.privacyTokenTimes.findDue(deviceId, users),
      markIssued: (users) => store.privacyTokenTimes.markIssued(deviceId, users),
    },
    readSent: (id) => store.sentMessages.read(id),
    logger,
    ackTimeoutMs: config.SEND_ACK_TIMEOUT_MS,
    uploadTimeoutMs: config.MEDIA_DOWNLOAD_TIMEOUT_MS,
    pairingUntil: () => options.pairingUntil,
    durableRatchet,
    reports: {
      ...reporter,
      stateChanged(state, why) {
        reporter.stateChanged(state, why);
        followState(state, why !== undefined);
      },
      evicted(error) {
        logger.warn('the credentials could not be written, the session ended itself', describeError(error));
      },
    },
  });

  const directory = createDeviceDirectory(store, deviceId, session);
  const warmer = createRecipientWarmer({
    directory,
    peek: (count) => peekWaiting(store.redis, store.keys, deviceId, count),
    readRecipients: (ids) => store.messages.readRecipients(ids),
    logger,
  });

  const context: SendContext = {
    ...options,
    logger,
    deviceId,
    epoch,
    session,
    directory,
    dispatcher: createDispatcher(IN_FLIGHT),
    signal: released.signal,
  };

  const consumer = createConsumer({
    redis: store.redis,
    keys: store.keys,
    deviceId,
    concurrency: JOBS_IN_HAND,
    logger,
    process({ messageId, requestId }) {
      warmer.lookAhead();
      const work = sendMessage(messageId, requestId, context);
      const tracked = work.catch(() => undefined).finally(() => inHand.delete(tracked));
      inHand.add(tracked);
      return work;
    },
  });

  function followState(state: SessionState, final: boolean): void {
    if (state === 'connected' && !leaving) consumer.consume();
    else consumer.pause();
    if (state !== 'connecting') markSettled();
    if (state === 'ended') markEnded({ final });
  }

  const close = async (): Promise<void> => {
    released.abort();
    directory.close();
    await session.stop();
    await within(RELEASE_MS, Promise.all(inHand));
    await consumer.close();
    reporter.released();
    await reporter.settled();
  };

  session.start();

  return {
    lease,
    ended,
    settled,
    async stop(graceMs) {
      leaving = true;
      consumer.pause();
      await within(graceMs, Promise.all(inHand));
      await close();
    },
    abandon: close,
  };
}

/** Waits for `work`, but no longer than `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const late = wait(ms, undefined, { signal: enough.signal }).catch(() => undefined);
  await Promise.race([work, late]);
  enough.abort();
}
