/** A sandbox and the sessions of one test file; whatever a test opened is closed after it. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { createMessageId, randomShard } from '@pombo/contracts';
import { silentLogger } from '@pombo/runtime';
import { createSandbox, type MessageView, type Sandbox, type SandboxOptions } from '@pombo/sandbox';
import { eventually, testConfig } from '@pombo/testing';
import {
  captureConsole,
  createEndpoint,
  createSession,
  type Endpoint,
  type Session,
  type SessionOptions,
} from '@pombo/whatsapp';
import { type Cable, layCable } from './cable.js';
import { createMemoryAuthStore, createPairedAuthStore, type MemoryAuthStore } from './memory-auth-store.js';
import { createMemoryContactBook, type MemoryContactBook } from './memory-contact-book.js';
import { type RecordedReports, recordReports } from './recorded-reports.js';

export interface TestSession extends RecordedReports {
  readonly session: Session;
  readonly auth: MemoryAuthStore;
  readonly book: MemoryContactBook;
  /** With device part; throws while unpaired. */
  readonly jid: string;
  /** Resolves once the session has connected that often. */
  whenConnected(times?: number): Promise<void>;
  /** Finds out about numbers and gets ready to write to them. @returns JIDs of those who can be written to. */
  prepare(...numbers: string[]): Promise<string[]>;
  /** Sends a text and resolves as `Session.send` does. */
  sendText(number: string, id?: string, text?: string): Promise<void>;
}

export type OpenOptions = Partial<Omit<SessionOptions, 'auth' | 'book' | 'reports'>> & {
  readonly auth?: MemoryAuthStore;
  readonly book?: MemoryContactBook;
  /** Keeps the session for the whole file: connecting costs a third of a second. */
  readonly kept?: boolean;
};

export interface TestCable extends Cable {
  /** The sandbox at the end of the cable. */
  readonly endpoint: Endpoint;
}

export interface Scene {
  readonly sandbox: Sandbox;
  readonly endpoint: Endpoint;
  /** A session that is not started. Without `auth` it is not paired. */
  open(options?: OpenOptions): Promise<TestSession>;
  /** What is stored of a device that was paired. */
  pairedStore(phone?: string): Promise<MemoryAuthStore>;
  /** The session of a paired device, connected. */
  device(options?: OpenOptions): Promise<TestSession>;
  /** What the recipient holds of a message, once it is as wanted. */
  received(number: string, id: string, isAsWanted?: (message: MessageView) => boolean): Promise<MessageView>;
  /** A way to the sandbox that can be held or cut. */
  cable(): Promise<TestCable>;
  /** Has something undone after the test. */
  onEnd(undo: () => Promise<unknown> | void): void;
}

const MINUTE = 60_000;

export function createScene(options: SandboxOptions = {}): Scene {
  const sandbox = createSandbox({ receiptDelayMs: 1, ...options });
  const undos: Array<() => Promise<unknown> | void> = [];
  const lastUndos: typeof undos = [];
  let endpoint: Endpoint | undefined;
  let releaseConsole: (() => void) | undefined;

  beforeAll(async () => {
    releaseConsole = captureConsole(silentLogger);
    await sandbox.start();
    endpoint = createEndpoint(
      testConfig({
        WHATSAPP_URL: sandbox.whatsappUrl,
        WHATSAPP_ROOT_KEY: sandbox.rootKeyHex,
        WHATSAPP_TLS_CA: sandbox.tlsCaPem,
      }),
    );
  });
  afterEach(async () => {
    for (const undo of undos.splice(0).reverse()) await undo();
    sandbox.clearFaults();
    sandbox.resetCounters();
  });
  afterAll(async () => {
    for (const undo of lastUndos) await undo();
    await endpoint?.close();
    await sandbox.stop();
    releaseConsole?.();
  });

  const scene: Scene = {
    sandbox,
    get endpoint() {
      if (!endpoint) throw new Error('the scene is not set');
      return endpoint;
    },
    async open({ auth = createMemoryAuthStore(), book = createMemoryContactBook(), kept = false, ...rest } = {}) {
      const recorded = recordReports();
      const session = await createSession({
        endpoint: scene.endpoint,
        auth,
        book,
        tokenTimes: createMemoryTokenTimes(),
        readSent: () => Promise.resolve(undefined),
        reports: recorded.reports,
        logger: silentLogger,
        ackTimeoutMs: 5_000,
        uploadTimeoutMs: 5_000,
        times: { keepAliveMs: MINUTE, probeTimeoutMs: 4_000, connectTimeoutMs: 20_000 },
        pairingUntil: () => Date.now() + MINUTE,
        ...rest,
      });
      (kept ? lastUndos : undos).push(() => session.stop());
      return withHelpers(session, recorded, { auth, book });
    },
    async pairedStore(phone) {
      const [linked] = await sandbox.createPairedDevices(phone === undefined ? 1 : { phones: [phone] });
      if (!linked) throw new Error('the sandbox linked no device');
      return createPairedAuthStore(linked.creds);
    },
    async device(openOptions = {}) {
      const auth = openOptions.auth ?? (await scene.pairedStore());
      const device = await scene.open({ ...openOptions, auth });
      device.session.start();
      await device.whenConnected();
      return device;
    },
    received: (number, id, isAsWanted = ({ displayedCount }) => displayedCount === 1) =>
      eventually(`message ${id} arrives as wanted`, async () => {
        const { messages } = await sandbox.recipient(number, { messageId: id });
        return messages.find(isAsWanted);
      }),
    async cable() {
      const cable = await layCable(Number(new URL(sandbox.whatsappUrl).port));
      undos.push(() => cable.close());
      const webSocketUrl = `ws://127.0.0.1:${cable.port}/ws/chat`;
      return { ...cable, endpoint: { ...scene.endpoint, webSocketUrl } };
    },
    onEnd: (undo) => void undos.push(undo),
  };
  return scene;
}

/** Remembers whom tokens were issued to for as long as the session lives. */
function createMemoryTokenTimes(): SessionOptions['tokenTimes'] {
  const issued = new Set<string>();
  return {
    findDue: (users) => Promise.resolve(users.filter((user) => !issued.has(user))),
    markIssued(users) {
      for (const user of users) issued.add(user);
      return Promise.resolve();
    },
  };
}

function withHelpers(
  session: Session,
  recorded: RecordedReports,
  stores: Pick<TestSession, 'auth' | 'book'>,
): TestSession {
  return {
    ...recorded,
    ...stores,
    session,
    get jid() {
      if (session.ownJid === undefined) throw new Error('the session is not paired');
      return session.ownJid;
    },
    async whenConnected(times = 1) {
      await eventually(`the session has connected ${times} times`, () => recorded.connected.length >= times);
    },
    async prepare(...numbers) {
      const answers = await session.checkNumbers(numbers.map(jidOf));
      return session.prepareChats(
        answers.flatMap(({ jid, devices, lid }) =>
          jid === undefined || devices === undefined ? [] : { jid, devices, ...(lid ? { lid } : {}) },
        ),
      );
    },
    sendText: (number, id = freshId(), text = 'hello') =>
      session.send({ id, jid: jidOf(number), message: { conversation: text } }),
  };
}

export const jidOf = (number: string): string => `${number}@s.whatsapp.net`;

/** A message id nobody used before. */
export const freshId = (): string => createMessageId(randomShard());

let lastNumber = 0;

/** A number nobody used before. */
export function freshNumber(): string {
  return `4420${(70_000_000 + ++lastNumber + process.pid * 1000).toString().slice(-8)}`;
}
