/** Unmodified Baileys, connected to a sandbox. */
import https from 'node:https';
import {
  BufferJSON,
  initAuthCreds,
  makeWASocket,
  WA_CERT_DETAILS,
  type AuthenticationCreds,
  type BinaryNode,
  type ConnectionState,
  type SignalDataSet,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys';
import type { Sandbox } from '@pombo/sandbox';
import { silentLibraryLogger } from '../../src/signal/silent-library-logger.js';
import { waitFor } from './wait-for.js';

export interface TestAuth {
  creds: AuthenticationCreds;
  keys: SignalKeyStore;
  /** Serialised values by `type/id`. */
  store: Map<string, string>;
}

export function createAuth(creds: AuthenticationCreds = initAuthCreds()): TestAuth {
  const store = new Map<string, string>();
  const keys: SignalKeyStore = {
    get: (type, ids) => {
      const found: Record<string, never> = {};
      for (const id of ids) {
        const value = store.get(`${type}/${id}`);
        if (value !== undefined) found[id] = JSON.parse(value, BufferJSON.reviver) as never;
      }
      return found;
    },
    set: (data: SignalDataSet) => {
      for (const [type, values] of Object.entries(data)) {
        for (const [id, value] of Object.entries(values ?? {})) {
          if (value === null) store.delete(`${type}/${id}`);
          else store.set(`${type}/${id}`, JSON.stringify(value, BufferJSON.replacer));
        }
      }
    },
  };
  return { creds, keys, store };
}

export interface TestClient {
  readonly sock: WASocket;
  readonly auth: TestAuth;
  /** Every `connection.update` so far. */
  readonly updates: Partial<ConnectionState>[];
  /** Stanzas of these tags, as they came in. */
  readonly received: BinaryNode[];
  close(): Promise<void>;
  waitForOpen(): Promise<void>;
  /** Status code the connection ended with. */
  waitForClose(): Promise<number>;
  waitForStanza(what: string, matches: (node: BinaryNode) => boolean): Promise<BinaryNode>;
}

export function connectClient(
  sandbox: Sandbox,
  auth: TestAuth = createAuth(),
  config: Partial<UserFacingSocketConfig> = {},
): TestClient {
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(sandbox.rootKeyHex, 'hex');
  const sock = makeWASocket({
    auth: { creds: auth.creds, keys: auth.keys },
    logger: silentLibraryLogger,
    waWebSocketUrl: sandbox.whatsappUrl,
    fetchAgent: new https.Agent({ ca: sandbox.tlsCaPem }),
    connectTimeoutMs: 5_000,
    defaultQueryTimeoutMs: 5_000,
    shouldSyncHistoryMessage: () => false,
    retryRequestDelayMs: 1,
    ...config,
  });
  const updates: Partial<ConnectionState>[] = [];
  const received: BinaryNode[] = [];
  sock.ev.on('creds.update', (update) => void Object.assign(auth.creds, update));
  sock.ev.on('connection.update', (update) => void updates.push(update));
  for (const tag of ['ack', 'receipt', 'message', 'notification', 'failure', 'ib', 'stream:error']) {
    sock.ws.on(`CB:${tag}`, (node: BinaryNode) => void received.push(node));
  }
  const closed = () => updates.find(({ connection }) => connection === 'close');
  return {
    sock,
    auth,
    updates,
    received,
    close: async () => {
      if (!closed()) await sock.end(undefined);
    },
    waitForOpen: async () => {
      await waitFor('the connection to open', () => updates.some(({ connection }) => connection === 'open'));
    },
    waitForClose: async () => {
      const update = await waitFor('the connection to close', closed);
      const error = update.lastDisconnect?.error as { output?: { statusCode?: number } } | undefined;
      return error?.output?.statusCode ?? 0;
    },
    waitForStanza: (what, matches) => waitFor(what, () => received.find(matches)),
  };
}
