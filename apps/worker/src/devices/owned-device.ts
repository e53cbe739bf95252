/** One device in this worker's hands: its session, its queue, and the letting go of both. */
import { setMaxListeners } from 'node:events';
import { parseProxyUrl } from '@pombo/contracts';
import { describeError, SECOND } from '@pombo/runtime';
import { type ClaimedLease, createAuthState, type DeviceRecord, type HeldLease, StaleEpochError } from '@pombo/store';
import {
  type Ack,
  type ConnectSlots,
  createSession,
  type Endpoint,
  jumpOverLosses,
  rejectionFromAck,
  type SessionState,
} from '@pombo/whatsapp';
import type { Semaphore } from 'async-mutex';
import { createDeviceDirectory } from '../recipients/device-directory.js';
import type { WorkerTools } from '../sending/send-context.js';
import { createSendLine, within } from '../sending/send-line.js';
import { createAcquaintances } from './acquaintances.js';
import { createInboundMedia } from '../receiving/inbound-media.js';
import { createReceiver } from '../receiving/receiver.js';
import { createDeviceReporter } from './device-reporter.js';
import { createRestrictionWatch } from './restriction-watch.js';
import { createLinkByCode } from './link-by-code.js';
import { createUnlinking } from './unlinking.js';
import { type Weakenings, withoutWeakness } from '../weakenings.js';

/**
 * How long a device that is handed over waits for acknowledgements, which take a fraction of a second. One that is late is
 * probably lost, and the next owner sends the message again under its id.
 */
const ACKS_MS = 2 * SECOND;
/** How long what was let go of may take to notice. */
const RELEASE_MS = 2 * SECOND;
/** How long a device that is to be unlinked may take to connect; after that only its credentials are forgotten. */
const UNLINK_WAIT_MS = 15 * SECOND;

export interface OwnedDevice {
  readonly lease: HeldLease;
  /**
   * Resolves when the session has ended by itself: `final` when it was logged out, banned or not paired in time, so
   * that nothing is gained by opening it again.
   */
  readonly ended: Promise<{ readonly final: boolean }>;
  /** Resolves when it is known whether the first attempt to connect has succeeded. */
  readonly settled: Promise<void>;
  /** Carries out what is wanted of the device now. @returns `to-be-opened-anew` when it cannot as it is. */
  follow(device: DeviceRecord): 'kept' | 'to-be-opened-anew';
  /** Finishes what is in flight, at most `graceMs`, then closes the socket. The lease stays the caller's to release. */
  stop(graceMs: number): Promise<void>;
  /** The lease is lost: ends the socket at once. */
  abandon(): Promise<void>;
}

export interface OwnedDeviceOptions extends WorkerTools {
  readonly endpoint: Endpoint;
  readonly lease: ClaimedLease;
  /** When a connection to Redis was made anew last, in ms since the epoch: it may be a server that lacks the last writes. */
  readonly redisBackAt: () => number;
  readonly connectSlots: ConnectSlots;
  /** For media that earlier owners did not fetch. */
  readonly leftoverSlots: Semaphore;
  /** As it was when its lease was claimed. */
  readonly device: DeviceRecord;
  readonly weakenings?: Weakenings;
  /** See `SessionOptions.mayWrite`. */
  readonly mayWrite?: () => boolean;
}

/** Takes back the jobs of the predecessor, loads the credentials, connects, and consumes while connected. */
export async function openOwnedDevice(options: OwnedDeviceOptions): Promise<OwnedDevice> {
  const { store, config, lease } = options;
  const { wrapAuthState, wrapSession, wrapDirectory, takeBack, durableRatchet } = withoutWeakness(
    options.weakenings ?? {},
  );
  const { deviceId, epoch } = lease;
  const logger = options.logger.child({ deviceId, epoch });
  // Before there is anything to close.
  if ((await takeBack(store.redis, store.keys, deviceId, epoch)) === undefined) throw new StaleEpochError(deviceId);
  const proxy = await store.deviceOrders.readProxy(deviceId);
  const endpoint = proxy === undefined ? options.endpoint : options.endpoint.through(parseProxyUrl(proxy));
  const reporter = createDeviceReporter(lease, store, logger);
  let device = options.device;
  const released = new AbortController();
  // Every message that waits for something listens.
  setMaxListeners(0, released.signal);
  let leaving = false;
  let markEnded: (end: { final: boolean }) => void = () => undefined;
  const ended = new Promise<{ final: boolean }>((resolve) => (markEnded = resolve));
  let markSettled: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => (markSettled = resolve));

  const auth = createAuthState(store.redis, store.keys, store.cipher, deviceId, epoch, {
    doubtfulUntil: () => Math.max(lease.doubtfulUntil, options.redisBackAt()),
    mend: jumpOverLosses,
  });
  const opened = await createSession({
    endpoint,
    auth: wrapAuthState(auth, lease),
    book: store.recipients,
    tokenTimes: {
      findDue: (users) => store.privacyTokenTimes.findDue(deviceId, users),
      markIssued: (users) => store.privacyTokenTimes.markIssued(deviceId, users),
    },
    readSent: (id) => store.sentMessages.read(id),
    logger,
    times: {
      keepAliveMs: config.KEEPALIVE_MS,
      probeTimeoutMs: config.PROBE_TIMEOUT_MS,
      connectTimeoutMs: config.CONNECT_TIMEOUT_MS,
    },
    connectSlots: options.connectSlots,
    ackTimeoutMs: config.SEND_ACK_TIMEOUT_MS,
    uploadTimeoutMs: config.MEDIA_DOWNLOAD_TIMEOUT_MS,
    pairingUntil: () => device.pairingUntil ?? 0,
    durableRatchet,
    ...(options.mayWrite ? { mayWrite: options.mayWrite } : {}),
    reports: {
      ...reporter,
      received: (received) => receiver.receive(received),
      stateChanged(state, why) {
        reporter.stateChanged(state, why);
        followState(state, why !== undefined);
      },
      connected(identity) {
        reporter.connected(identity);
        restriction.connected();
      },
      heard: (jids) => hear(jids.map((jid) => directory.laneOf(jid))),
      reachoutLock: (lock) => restriction.told(lock),
      lateAck(ack) {
        reporter.lateAck(ack);
        if (isRestriction(ack)) void restriction.refused('');
      },
      codeShown(qr, lifetimeMs) {
        reporter.codeShown(qr, lifetimeMs);
        linking.socketReady();
      },
      evicted(error) {
        logger.warn('the credentials could not be written, the session ended itself', describeError(error));
      },
    },
  });

  const session = wrapSession(opened);
  const inboundMedia = createInboundMedia({
    ...{ deviceId, store, blobs: options.blobs, config, logger, session, signal: released.signal },
    leftovers: options.leftoverSlots,
  });
  const receiver = createReceiver({ deviceId, store, inboundMedia, config, logger });
  const linking = createLinkByCode({
    session,
    phone: () => device.pairingPhone,
    shown: (code) => reporter.linkCodeShown(code),
    logger,
  });
  const unlinking = createUnlinking({ session, logger, waitMs: UNLINK_WAIT_MS, signal: released.signal });
  const directory = wrapDirectory(
    createDeviceDirectory(store, deviceId, session, (lane, into) => line.joined(lane, into)),
  );
  const restriction = createRestrictionWatch({
    ...{ lease, logger, signal: released.signal, restrictions: store.restrictions },
    ask: () => session.askReachoutLock(),
    onChange: () => line.recheck(),
  });
  const onRefused = (to: string): Promise<void> => restriction.refused(directory.laneOf(to));
  const line = createSendLine({
    ...options,
    ...{ logger, deviceId, epoch, session, directory, onRefused, signal: released.signal },
  });
  const hear = createAcquaintances({
    ...{ deviceId, logger, restrictions: store.restrictions },
    onKnown: (chats) => line.heard(chats),
  });

  function followState(state: SessionState, final: boolean): void {
    if (state === 'connected' && !leaving && device.logOutAskedAt === undefined) line.consume();
    else line.pause();
    if (state === 'connected') inboundMedia.takeUp();
    if (state === 'connecting') linking.socketReplaced();
    else markSettled();
    if (state === 'ended') markEnded({ final });
  }

  const close = async (): Promise<void> => {
    released.abort();
    directory.close();
    await unlinking.settled();
    await session.stop();
    if (endpoint !== options.endpoint) await endpoint.close();
    await line.close(RELEASE_MS);
    reporter.released();
    await receiver.settled();
    await reporter.settled();
  };

  const follow = (next: DeviceRecord): 'kept' | 'to-be-opened-anew' => {
    const { revision } = device;
    device = next;
    if (revision !== next.revision) return 'to-be-opened-anew';
    linking.phoneChanged();
    if (next.paired && next.logOutAskedAt !== undefined) {
      line.pause();
      unlinking.begin();
    }
    return 'kept';
  };

  // A worker died between forgetting the credentials and saying so: there is nothing to connect with.
  if (device.paired && !opened.paired) {
    await opened
      .forget()
      .catch((error: unknown) => logger.error('the credentials could not be forgotten', describeError(error)));
  }
  session.start();
  follow(device);

  return {
    lease,
    follow,
    ended,
    settled,
    async stop(graceMs) {
      leaving = true;
      await within(Math.min(graceMs, ACKS_MS), line.drain());
      await close();
    },
    abandon: close,
  };
}

/** An ack that says so although nobody waits for it any more. */
const isRestriction = ({ error }: Ack): boolean =>
  error !== undefined && rejectionFromAck(error).code === 'ACCOUNT_RESTRICTED';
