/** A device's session: connected for as long as it is wanted, and everything that is done through it. */
import './auth/before-baileys.js';
import { PomboError } from '@pombo/contracts';
import { describeError, isRedisUnavailable } from '@pombo/runtime';
import type { BinaryNode, MediaType, proto, WASocket } from '@whiskeysockets/baileys';
import { isLidUser, isPnUser } from '@whiskeysockets/baileys';
import { type Credentials, isPaired, loadCredentials } from './auth/credentials.js';
import { settleImport } from './auth/settle-import.js';
import { createSignalStore } from './auth/signal-store.js';
import { type ConnectionKeeper, createConnectionKeeper } from './connection/connection-keeper.js';
import { type Contacts, createContactDesk } from './contacts/contact-desk.js';
import { chatsOfMessage, peopleOf } from './heard-chats.js';
import { fetchReachoutLock, type ReachoutLock, toReachoutLock } from './reachout-lock.js';
import { parseReceipt } from './receipts.js';
import { downloadMedia } from './receiving/download-media.js';
import { createInbox, type Inbox } from './receiving/inbox.js';
import type { MediaReference } from './receiving/read-received.js';
import { createMediaHosts } from './sending/media-hosts.js';
import { createAckDoubt } from './sending/ack-doubt.js';
import { createAckWaiter } from './sending/ack-waiter.js';
import { besideOtherChats } from './sending/chats-side-by-side.js';
import { createMissedDevices } from './sending/missed-devices.js';
import { sendCopy } from './sending/send-copy.js';
import { NoAnswerError, NotConnectedError, UnknownOutcomeError } from './sending/send-outcome.js';
import type { UploadSource } from './sending/upload-file.js';
import { probeUpload } from './sending/probe-upload.js';
import { type UploadedMedia, uploadMedia } from './sending/upload-media.js';
import type { SessionOptions, SessionState } from './session-options.js';

export interface SendOptions {
  /** The message id: WhatsApp's stanza id. */
  readonly id: string;
  readonly jid: string;
  readonly message: proto.IMessage;
  /** Nodes the stanza carries besides the message. */
  readonly nodes?: readonly BinaryNode[];
}

export interface Session extends Contacts {
  readonly state: SessionState;
  /** Whether the device has been paired with a phone. */
  readonly paired: boolean;
  /** JID of this account with its device part, once paired. */
  readonly ownJid: string | undefined;
  start(): void;
  /**
   * A code to be typed into the phone instead of scanning one; while the session is pairing.
   * @param phone digits only. @returns eight characters. @throws NotConnectedError when no code can be asked for now.
   */
  requestPairingCode(phone: string): Promise<string>;
  /** Unlinks the device from its phone; the session then ends as if the phone had done it. @throws NotConnectedError */
  logOut(): Promise<void>;
  /** Forgets the credentials, whatever the phone knows of it, and ends the session. Does nothing when they are forgotten. */
  forget(): Promise<void>;
  /** Closes the socket; the device stays paired. */
  stop(): Promise<void>;
  /** Resolves once connected. @throws NotConnectedError when the session ended or the signal fired. */
  whenConnected(signal: AbortSignal): Promise<void>;
  /** Shows or stops showing that we are typing. @throws NotConnectedError */
  setTyping(jid: string, typing: boolean): Promise<void>;
  /** Whether WhatsApp lets this account open new chats. @throws PomboError, NotConnectedError */
  askReachoutLock(): Promise<ReachoutLock>;
  /**
   * @param chatJid the chat it is for: what goes to newsletters is not encrypted.
   * @throws PomboError UPLOAD_FAILED, NotConnectedError
   */
  upload(media: UploadSource, type: MediaType, chatJid?: string): Promise<UploadedMedia>;
  /** Whether uploaded media can still be had. */
  hasUpload(upload: UploadedMedia): Promise<boolean>;
  /**
   * Media that somebody sent to this account, decrypted.
   * @throws PomboError PAYLOAD_TOO_LARGE, MEDIA_NOT_FOUND, MEDIA_INVALID, MEDIA_DOWNLOAD_FAILED; NotConnectedError
   */
  download(media: MediaReference, limits: { readonly maxBytes: number; readonly timeoutMs: number }): Promise<Buffer>;
  /**
   * Resolves when WhatsApp's server has acknowledged the message.
   * @throws PomboError when the server refused it; NotConnectedError when nothing left; UnknownOutcomeError otherwise.
   */
  send(options: SendOptions): Promise<void>;
}

/** Loads the device's credentials; nothing is connected before `start`. */
export async function createSession(options: SessionOptions): Promise<Session> {
  await settleImport(options.auth);
  const credentials = await loadCredentials(options.auth);
  const signalStore = createSignalStore(options.auth);
  const acks = createAckWaiter();
  const inbox = createInbox({
    own: () => ({ jid: credentials.creds.me?.id ?? '', lid: credentials.creds.me?.lid ?? '' }),
    keep: (received) => options.reports.received(received),
  });
  const attach = (socket: WASocket): void => {
    attachReports(socket, credentials, options, inbox, (ack) => {
      doubt.heard();
      return acks.settle(ack);
    });
    contacts.attach(socket);
  };
  const connected = (): WASocket => {
    if (!keeper.socket) throw new NotConnectedError();
    return keeper.socket;
  };

  /** Baileys' errors become ours at this border: of a connection that was lost, or of a question WhatsApp refused. */
  const ask = async <T>(question: (socket: WASocket) => Promise<T>): Promise<T> => {
    const socket = connected();
    const unanswered = setTimeout(() => keeper.probe(), options.times.probeTimeoutMs);
    try {
      return await question(socket);
    } catch (cause) {
      if (keeper.socket !== socket) throw new NotConnectedError({ cause });
      throw cause instanceof PomboError || isRedisUnavailable(cause) ? cause : new NoAnswerError(cause);
    } finally {
      clearTimeout(unanswered);
    }
  };
  const nameMediaHosts = createMediaHosts(ask);
  const contacts = createContactDesk({ ...options, creds: credentials.creds, ask });
  const missed = createMissedDevices({
    refresh: (jid) => contacts.refreshDevices(jid),
    forgetGroup: (jid) => contacts.forgetMembers(jid),
    logger: options.logger,
  });
  const keeper = createConnectionKeeper(
    options,
    credentials,
    signalStore,
    { contacts, onDecrypted: (ciphertext, plaintext) => inbox.decrypted(ciphertext, plaintext) },
    attach,
    () => acks.abandonAll(),
  );
  signalStore.onWriteFailed = (error) => keeper.evict(error);
  const doubt = createAckDoubt({
    probeAfterMs: options.times.probeTimeoutMs,
    probe: () => keeper.probe(),
    recycle: (why) => keeper.recycle(why),
  });

  return {
    get state() {
      return keeper.state;
    },
    get paired() {
      return isPaired(credentials.creds);
    },
    get ownJid() {
      return credentials.creds.me?.id;
    },
    start: () => keeper.start(),
    async stop() {
      await keeper.stop();
      contacts.stop();
    },

    async requestPairingCode(phone) {
      const socket = keeper.state === 'pairing' ? keeper.opening : undefined;
      if (!socket) throw new NotConnectedError();
      return socket.requestPairingCode(phone);
    },

    forget: () => keeper.forget(),

    async logOut() {
      await connected().logout();
    },
    whenConnected: (signal) => waitUntilConnected(keeper, signal),

    checkNumbers: (jids) => contacts.checkNumbers(jids),
    listDevices: (jids) => contacts.listDevices(jids),
    prepareChats: (people) => contacts.prepareChats(people),
    listMembers: (groupJid) => contacts.listMembers(groupJid),

    async setTyping(jid, typing) {
      await ask((socket) => socket.sendPresenceUpdate(typing ? 'composing' : 'paused', jid));
    },

    askReachoutLock: () => ask(fetchReachoutLock),

    async upload(media, type, chatJid) {
      // Before anything is encrypted.
      connected();
      const { mediaDispatcher: dispatcher } = options.endpoint;
      return uploadMedia(nameMediaHosts, media, type, chatJid, { dispatcher, timeoutMs: options.uploadTimeoutMs });
    },

    hasUpload(upload) {
      const { mediaDispatcher: dispatcher } = options.endpoint;
      return probeUpload(upload, { dispatcher, timeoutMs: options.times.probeTimeoutMs });
    },

    async download(media, limits) {
      connected();
      return downloadMedia(nameMediaHosts, media, { ...limits, dispatcher: options.endpoint.mediaDispatcher });
    },

    async send({ id, jid, message, nodes = [] }) {
      const socket = connected();
      const expected = acks.expect(id, options.ackTimeoutMs);
      const addressed = new Set<string>();
      const relayed = signalStore.whileSending(
        () =>
          besideOtherChats(jid, () =>
            socket.relayMessage(jid, message, { messageId: id, additionalNodes: [...nodes] }),
          ),
        addressed,
      );
      // The ack may overtake the return of the write, and a write that hangs must not outlive the deadline.
      relayed.catch((cause: unknown) =>
        expected.fail(
          new UnknownOutcomeError('the message may not have left', { cause, disconnected: keeper.socket !== socket }),
        ),
      );
      const { phash } = await doubt.wait(expected.acknowledged);
      void missed.reach({ jid, addressed, phash }, (deviceJid) =>
        sendCopy(connected(), { id, jid, message, nodes, deviceJid }),
      );
      if (isPnUser(jid) || isLidUser(jid)) contacts.noteSent(jid);
    },
  };
}

async function waitUntilConnected(keeper: ConnectionKeeper, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const aborted = new Promise<'aborted'>((resolve) => {
    // The signal may outlive thousands of waits.
    signal.addEventListener('abort', () => resolve('aborted'), { once: true, signal: done.signal });
  });
  try {
    while (keeper.state !== 'connected') {
      if (keeper.state === 'ended' || signal.aborted) throw new NotConnectedError();
      await Promise.race([keeper.nextChange(), aborted]);
    }
  } finally {
    done.abort();
  }
}

/**
 * Receipts that say what a recipient saw are acknowledged when they have been written down: a process that dies in
 * between is told again after its next login, and so is one that could not write. Baileys, which would acknowledge at
 * once and has no other use for them, only sees the rest.
 */
function takeReceipts(
  socket: WASocket,
  own: () => ReadonlyArray<string | undefined>,
  { reports, logger }: Pick<SessionOptions, 'reports' | 'logger'>,
): void {
  const itsOwn = socket.ws.listeners('CB:receipt') as Array<(node: BinaryNode) => unknown>;
  socket.ws.removeAllListeners('CB:receipt');
  socket.ws.on('CB:receipt', (node: BinaryNode) => {
    const receipt = parseReceipt(node, own());
    if (!receipt) {
      for (const listener of itsOwn) listener(node);
      return;
    }
    const acknowledge = () =>
      socket
        .sendMessageAck(node)
        .catch((error: unknown) => logger.debug('a receipt was not acknowledged', describeError(error)));
    // Whoever could not write it has said so.
    Promise.resolve(reports.receipt(receipt)).then(acknowledge, () => undefined);
  });
}

function attachReports(
  socket: WASocket,
  { creds }: Credentials,
  { reports, logger }: SessionOptions,
  inbox: Inbox,
  settle: (ack: { id: string; error?: string; phash?: string }) => boolean,
): void {
  socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => {
    if (!attrs['id']) return;
    const ack = {
      id: attrs['id'],
      ...(attrs['error'] ? { error: attrs['error'] } : {}),
      ...(attrs['phash'] ? { phash: attrs['phash'] } : {}),
    };
    if (!settle(ack)) reports.lateAck(ack);
  });
  takeReceipts(socket, () => [creds.me?.id, creds.me?.lid], { reports, logger });
  const hear = (chats: readonly string[]): void => {
    if (chats.length > 0) reports.heard(chats);
  };
  socket.ws.on('CB:message', (node: BinaryNode) => {
    inbox.expect(node);
    hear(chatsOfMessage(node, [creds.me?.id, creds.me?.lid]));
  });
  socket.ev.on('messaging-history.set', ({ chats }) => {
    hear(
      peopleOf(
        chats.flatMap(({ id, pnJid, lidJid }) => [id, pnJid, lidJid]),
        [creds.me?.id, creds.me?.lid],
      ),
    );
  });
  socket.ev.on('connection.update', ({ reachoutTimeLock }) => {
    if (reachoutTimeLock) reports.reachoutLock(toReachoutLock(reachoutTimeLock));
  });
  // `append`: what came while the device was away.
  socket.ev.on('messages.upsert', ({ messages }) => {
    for (const message of messages) {
      inbox
        .handedOut(message)
        .catch((error: unknown) => logger.warn('a received message was not kept', describeError(error)));
    }
  });
}
