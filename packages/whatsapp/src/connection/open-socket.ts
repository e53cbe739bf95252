/** One Baileys socket, with the defaults that would hurt a gateway overridden. */
import type { IncomingMessage } from 'node:http';
import type { Agent as TlsAgent } from 'node:https';
import { Boom } from '@hapi/boom';
import type { Logger } from '@pombo/runtime';
import {
  type AuthenticationCreds,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  DisconnectReason,
  getBinaryNodeChild,
  makeWASocket,
  type UserFacingSocketConfig,
  proto,
  type WASocket,
  type WAVersion,
} from '@whiskeysockets/baileys';
import { sharingAsyncStorage } from '../async-storage.js';
import type { SignalStore } from '../auth/signal-store.js';
import { createSignalRepositoryMaker, type OnDecrypted } from '../auth/signal-repository.js';
import { createBaileysLogger } from '../baileys-logger.js';
import type { ContactDesk } from '../contacts/contact-desk.js';
import { type Endpoint, fetchThrough } from '../endpoint.js';
import { joinMessage, type SplitMessage } from '../message-bytes.js';
import { letChatsGoSideBySide } from '../sending/chats-side-by-side.js';
import { guardFrames } from './guard-frames.js';
import { holdFrames } from './hold-frames.js';
import type { SocketTimes } from './socket-watch.js';

export interface SocketOptions {
  readonly endpoint: Endpoint;
  readonly version: WAVersion | undefined;
  readonly creds: AuthenticationCreds;
  readonly signalStore: SignalStore;
  readonly contacts: Pick<ContactDesk, 'deviceLists' | 'readGroup'>;
  readonly readSent: (messageId: string) => Promise<SplitMessage | undefined>;
  readonly onDecrypted: OnDecrypted;
  readonly durableRatchet: boolean;
  readonly mayWrite: () => boolean;
  readonly times: SocketTimes;
  readonly logger: Logger;
}

const { HistorySyncType } = proto.HistorySync;
/**
 * History a gateway has use for: the first chunk brings the LIDs of known contacts. Without the recent history Baileys
 * does not hold back its events for 20 s after the first login.
 */
const WANTED_HISTORY: ReadonlySet<unknown> = new Set([
  HistorySyncType.INITIAL_BOOTSTRAP,
  HistorySyncType.NON_BLOCKING_DATA,
]);

export function openSocket(options: SocketOptions): WASocket {
  const { endpoint, version, creds, signalStore, contacts, readSent, onDecrypted, durableRatchet, logger } = options;
  const config: UserFacingSocketConfig = {
    ...(endpoint.webSocketUrl === undefined ? {} : { waWebSocketUrl: endpoint.webSocketUrl }),
    ...(endpoint.webSocketAgent === undefined ? {} : { agent: endpoint.webSocketAgent as TlsAgent }),
    ...(version === undefined ? {} : { version }),
    // What Baileys itself downloads (the LIDs of known contacts, say) goes the same way as uploads.
    options: fetchThrough(endpoint),
    auth: { creds, keys: signalStore },
    logger: createBaileysLogger(logger),
    keepAliveIntervalMs: options.times.keepAliveMs,
    // Whoever opens the socket watches the time. Baileys would also time every single write, and take a stack trace for it.
    connectTimeoutMs: 0,
    makeSignalRepository: durableRatchet
      ? createSignalRepositoryMaker(signalStore, onDecrypted)
      : DEFAULT_CONNECTION_CONFIG.makeSignalRepository,
    userDevicesCache: contacts.deviceLists,
    cachedGroupMetadata: contacts.readGroup,
    getMessage: async ({ id }) => {
      const sent = id ? await readSent(id) : undefined;
      return sent && joinMessage(sent);
    },
    // Being online mutes the notifications of the owner's phone.
    markOnlineOnConnect: false,
    syncFullHistory: false,
    shouldSyncHistoryMessage: ({ syncType }) => WANTED_HISTORY.has(syncType),
    emitOwnEvents: false,
    // Messages sent are kept in the store, for every worker and without a copy per session.
    enableRecentMessageCache: false,
    // A refused write must not hold the account's mutex for ten retries three seconds apart.
    transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 1 },
  };
  const socket = sharingAsyncStorage(() => makeWASocket(config));
  endOnPlainHttp(socket);
  settleEndCodes(socket);
  guardFrames(socket, options.mayWrite);
  holdFrames(socket, signalStore);
  letChatsGoSideBySide(socket);
  return socket;
}

/**
 * Baileys makes an error of the code a server ends a connection with, and its error class throws at what is no code of a
 * failure: thrown there, it would end the process with all its sessions. So what is none is left out.
 */
export function settleEndCodes({ ws }: { readonly ws: StanzaEmitter }): void {
  ws.prependListener('CB:stream:error', (node) => {
    const { attrs } = node;
    if (!isFailureCode(attrs['code'])) delete attrs['code'];
    const removed = getBinaryNodeChild(node, 'conflict')?.attrs['type'] === 'device_removed';
    if (removed) attrs['code'] ??= String(DisconnectReason.loggedOut);
  });
  ws.prependListener('CB:failure', ({ attrs }) => {
    if (!isFailureCode(attrs['reason'])) delete attrs['reason'];
  });
}

interface StanzaEmitter {
  prependListener(event: string, listener: (node: BinaryNode) => void): unknown;
}

const isFailureCode = (code: string | undefined): boolean => Number(code) >= 400;

/**
 * A server or proxy that answers the upgrade with a plain HTTP answer: because Baileys listens for it, `ws` leaves the
 * rest to Baileys, which does nothing. Whatever the status says, it is the server's and not the account's.
 */
function endOnPlainHttp(socket: WASocket): void {
  socket.ws.on('unexpected-response', (_request: unknown, { statusCode }: IncomingMessage) => {
    const refused = new Boom(`the upgrade was answered with HTTP status ${statusCode}`, {
      statusCode: DisconnectReason.connectionClosed,
    });
    void socket.end(refused);
  });
}
