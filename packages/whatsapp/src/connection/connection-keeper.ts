/**
 * Keeps one device connected: opens a socket, and when it closes decides whether, when and how to open the next.
 *
 *   connecting ──open──▶ connected ──close──▶ waiting ──delay──▶ connecting
 *       └──qr──▶ pairing ──515──▶ connecting            any ──stop / final reason──▶ ended
 */
import { describeError } from '@pombo/runtime';
import { fetchLatestWaWebVersion, type WASocket, type WAVersion } from '@whiskeysockets/baileys';
import { type Credentials, isPaired } from '../auth/credentials.js';
import { fetchThrough } from '../endpoint.js';
import type { SignalStore } from '../auth/signal-store.js';
import { userOf } from '../jid-user.js';
import type { DeviceIdentity, SessionOptions, SessionState } from '../session-options.js';
import { classifyDisconnect, countFailure, type DisconnectKind, reconnectDelayMs } from './disconnect.js';
import { openSocket, type SocketOptions } from './open-socket.js';
import { type SocketWatch, watchSocket } from './socket-watch.js';

export interface ConnectionKeeper {
  readonly state: SessionState;
  /** The socket while connected. */
  readonly socket: WASocket | undefined;
  /** The socket there is, connected or not. */
  readonly opening: WASocket | undefined;
  start(): void;
  /** Closes the socket without logging out. */
  stop(): Promise<void>;
  /** Asks whether anybody is there; a connection that does not answer in time is replaced. */
  probe(): void;
  /** Replaces a connection that is of no use. */
  recycle(why: string): void;
  /** Ends the socket at once because the credentials are no longer ours to use. */
  evict(error: unknown): void;
  /** Forgets the credentials and ends; resolves when they are gone. */
  forget(): Promise<void>;
  /** Resolves with the next change of state. */
  nextChange(): Promise<SessionState>;
}

/** What is done with every new socket before it can receive anything. */
export type AttachSocket = (socket: WASocket) => void;

/** Baileys shows the first code for 60 s and each further one for 20 s. */
const FIRST_CODE_MS = 60_000;
const NEXT_CODE_MS = 20_000;
/** How long the version look-up after a 405 may take. */
const VERSION_LOOKUP_MS = 10_000;
/** How long `stop` waits for the other side to close too; the socket writes nothing any more. */
const CLOSE_MS = 2_000;

export function createConnectionKeeper(
  options: SessionOptions,
  credentials: Credentials,
  signalStore: SignalStore,
  given: Pick<SocketOptions, 'contacts' | 'onDecrypted'>,
  attach: AttachSocket,
  onClosed: () => void,
): ConnectionKeeper {
  const { reports, logger, endpoint } = options;
  const { creds } = credentials;
  let state: SessionState = 'connecting';
  /** The socket there is, open or still opening. */
  let current: WASocket | undefined;
  let watch: SocketWatch | undefined;
  /** Gives back the slot in which this session connects. */
  let leaveSlot: () => void = () => undefined;
  let version: WAVersion | undefined = endpoint.version;
  let started = false;
  /** The credentials are being forgotten: nothing is opened with them any more. */
  let retiring = false;
  let failures = 0;
  /** When the connection there is was opened. */
  let openedAt = Infinity;
  let codesShown = 0;
  let timer: NodeJS.Timeout | undefined;
  let listeners: Array<(state: SessionState) => void> = [];

  const setState = (next: SessionState, why?: DisconnectKind): void => {
    state = next;
    reports.stateChanged(next, why);
    const told = listeners;
    listeners = [];
    for (const listener of told) listener(next);
  };

  const identity = (): DeviceIdentity => ({
    jid: creds.me?.id ?? '',
    lid: creds.me?.lid,
    phone: userOf(creds.me?.id) ?? '',
  });

  /** @returns a promise of the socket's end; the socket refuses to send from this moment on. */
  const drop = (): Promise<void> => {
    const ending = current;
    current = undefined;
    clearTimeout(timer);
    left();
    const ended = ending?.end(undefined) ?? Promise.resolve();
    if (ending) failQueries(ending);
    onClosed();
    return ended;
  };

  const end = (): Promise<void> => {
    const ended = drop();
    setState('ended');
    return within(CLOSE_MS, ended);
  };

  const evict = (error: unknown): void => {
    if (state === 'ended') return;
    end().catch((failure: unknown) => logger.debug('closing the socket failed', describeError(failure)));
    reports.evicted(error);
  };

  const save = (): void => {
    // What is forgotten must not come back with what a dying socket still has to say.
    if (forgotten) return;
    credentials.save().catch(evict);
  };

  const left = (): void => {
    watch?.stop();
    leaveSlot();
  };

  const showCode = (qr: string): void => {
    watch?.showsCode();
    leaveSlot();
    if (state !== 'pairing') setState('pairing');
    reports.codeShown(qr, codesShown === 0 ? FIRST_CODE_MS : NEXT_CODE_MS);
    codesShown += 1;
  };

  const opened = (): void => {
    openedAt = Date.now();
    watch?.connected();
    leaveSlot();
    setState('connected');
    reports.connected(identity());
  };

  const clear = async (): Promise<void> => {
    signalStore.close();
    await credentials.settled();
    await options.auth.clear();
    reports.loggedOut();
  };
  let forgotten: Promise<void> | undefined;
  const forget = (): Promise<void> =>
    (forgotten ??= clear().catch((error: unknown) => {
      forgotten = undefined;
      throw error;
    }));

  const refreshVersion = async (): Promise<void> => {
    if (endpoint.webSocketUrl !== undefined || endpoint.version !== undefined) return;
    const latest = await fetchLatestWaWebVersion({
      ...fetchThrough(endpoint),
      signal: AbortSignal.timeout(VERSION_LOOKUP_MS),
    });
    if (latest.error === undefined) version = latest.version;
  };

  /** Asked after something was awaited, when `state` may have moved on. */
  const hasEnded = (): boolean => state === 'ended';
  const isOver = (): boolean => hasEnded() || retiring;

  const connect = (): void => {
    if (isOver()) return;
    codesShown = 0;
    openedAt = Infinity;
    // A pairing code was asked for and not used: Baileys has noted whose it was, and would log in as if it had been.
    if (!isPaired(creds)) delete creds.me;
    setState('connecting');
    if (!options.connectSlots) return open();
    options.connectSlots.take().then((leave) => {
      leaveSlot = leave;
      if (isOver()) leave();
      else open();
    }, evict);
  };

  const open = (): void => {
    const opening = openSocket({
      ...options,
      version,
      creds,
      signalStore,
      ...given,
      durableRatchet: options.durableRatchet ?? true,
      mayWrite: options.mayWrite ?? always,
    });
    current = opening;
    watch = watchSocket(opening, options.times, logger);
    attach(opening);
    opening.ev.on('creds.update', save);
    opening.ev.on('connection.update', (update) => {
      if (opening !== current) return;
      if (update.qr) showCode(update.qr);
      if (update.isNewLogin) reports.paired(identity());
      if (update.connection === 'open') opened();
      if (update.connection === 'close') closed(update.lastDisconnect?.error).catch(evict);
    });
  };

  const whyClosed = (error: unknown): { kind: DisconnectKind; code: number } => {
    const unpaired = !isPaired(creds);
    const { kind, code } = classifyDisconnect(error, unpaired && codesShown > 0);
    return { kind: kind === 'lost' && unpaired && !mayPair() ? 'pairing-ended' : kind, code };
  };

  const closed = async (error: unknown): Promise<void> => {
    const { kind, code } = whyClosed(error);
    logger.info('connection closed', { why: kind, code });
    failures = countFailure(kind, failures, Date.now() - openedAt);
    if (current) failQueries(current);
    current = undefined;
    left();
    onClosed();
    const again = kind === 'pairing-ended' && mayPair() ? 0 : reconnectDelayMs(kind, failures);
    if (again === undefined && kind !== 'logged-out') return setState('ended', kind);
    // Before anything is awaited: nobody may take a session without a socket for a connected one.
    setState('waiting', kind);
    if (kind === 'logged-out') await forget().catch(evict);
    if (kind === 'outdated') await refreshVersion();
    if (isOver()) return;
    if (again === undefined) return setState('ended', kind);
    timer = setTimeout(connect, again);
  };

  const mayPair = (): boolean => options.pairingUntil() > Date.now();

  return {
    get state() {
      // Baileys reports the end of a connection only when the other side has closed too: on a dead network after 30 s.
      return state === 'connected' && !current?.ws.isOpen ? 'waiting' : state;
    },
    get socket() {
      return state === 'connected' && current?.ws.isOpen ? current : undefined;
    },
    get opening() {
      return current;
    },
    start() {
      if (started || state === 'ended') return;
      started = true;
      connect();
    },
    async stop() {
      if (state !== 'ended') await end();
      await credentials.settled();
    },
    probe: () => watch?.probe(),
    recycle: (why) => watch?.tearDown(why),
    evict,
    async forget() {
      if (state === 'ended') return forget();
      retiring = true;
      const ending = drop();
      setState('waiting', 'logged-out');
      await within(CLOSE_MS, ending);
      await forget().catch((error: unknown) => {
        // Whoever opens the device next has it to do.
        evict(error);
        throw error;
      });
      if (!hasEnded()) setState('ended', 'logged-out');
    },
    nextChange: () => new Promise((resolve) => listeners.push(resolve)),
  };
}

const always = (): boolean => true;

/** Baileys takes its listeners for a closed socket off when it ends one: queries under way would wait for their time-out. */
function failQueries(socket: WASocket): void {
  socket.ws.emit('error', new Error('the connection has ended'));
}

/** Waits for `work`, but no longer than `ms`. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
