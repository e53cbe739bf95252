/** A whole Pombo in one process against a sandbox of its own: what end-to-end tests start from. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageRecord } from '@pombo/contracts';
import { type Config, createLogger, loadConfig, type Logger, silentLogger } from '@pombo/runtime';
import { createIngress } from '@pombo/ingress';
import { createSandbox, type PrePairedDevice, type Sandbox, type SandboxOptions } from '@pombo/sandbox';
import { createAuthState, createLeases, type Store } from '@pombo/store';
import { eventually, openTestStore, testEnvironment } from '@pombo/testing';
import { captureConsole, encodeCredentials } from '@pombo/whatsapp';
import { type ApiClient, createApiClient } from './api-client.js';
import { createWorker, type Worker, type WorkerDeps } from '@pombo/worker';

export interface Stack {
  readonly sandbox: Sandbox;
  readonly config: Config;
  /** The same configuration, for child processes. */
  readonly env: Readonly<Record<string, string>>;
  readonly store: Store;
  readonly tenantId: string;
  startWorker(deps?: Partial<WorkerDeps>): Promise<Worker>;
  /** @returns a client of the API, with a token of the stack's tenant. */
  startIngress(): Promise<ApiClient>;
  /** A device that needs no pairing any more; a worker connects it when there is one. */
  addPairedDevice(phone?: string): Promise<TestDevice>;
  whenConnected(deviceId: string): Promise<void>;
  whenState(messageId: string, ...states: Array<MessageRecord['state']>): Promise<MessageRecord>;
  /** Undoes this first when the stack closes. */
  onClose(undo: () => Promise<unknown> | void): void;
  close(): Promise<void>;
}

export interface TestDevice {
  readonly deviceId: string;
  /** JID with device part. */
  readonly jid: string;
  readonly phone: string;
}

export interface StackOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly sandbox?: SandboxOptions;
  readonly logger?: Logger;
}

/** `TEST_LOG=debug npm test -- test/…` shows what the worker says. */
const testLogger = process.env['TEST_LOG']
  ? createLogger({ level: 'debug', name: 'test', stream: process.stderr })
  : silentLogger;

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const undos: Array<() => Promise<unknown> | void> = [];
  // The sandbox's phones use libsignal in this process, which prints sessions.
  undos.push(captureConsole(silentLogger));
  // Inside jest making an identity costs 100 ms, so most people share one here.
  const sandbox = createSandbox({ receiptDelayMs: 5, distinctIdentities: 2, ...options.sandbox });
  await sandbox.start();
  undos.push(() => sandbox.stop());
  const mediaDir = await mkdtemp(join(tmpdir(), 'pombo-media-'));
  undos.push(() => rm(mediaDir, { recursive: true, force: true }));
  const env = testEnvironment({
    WHATSAPP_URL: sandbox.whatsappUrl,
    WHATSAPP_ROOT_KEY: sandbox.rootKeyHex,
    WHATSAPP_TLS_CA: sandbox.tlsCaPem,
    MEDIA_DIR: mediaDir,
    ...options.env,
  });
  const config = loadConfig(env);
  const opened = await openTestStore(config);
  undos.push(() => opened.close());
  const { store } = opened;
  const { tenantId } = await store.tenants.create('test');

  return {
    sandbox,
    config,
    env,
    store,
    tenantId,
    async startWorker(deps = {}) {
      const worker = createWorker(config, { logger: options.logger ?? testLogger, ...deps });
      undos.push(() => worker.stop());
      await worker.start();
      return worker;
    },
    async startIngress() {
      const ingress = createIngress(config, { logger: options.logger ?? testLogger });
      undos.push(() => ingress.stop());
      const { url } = await ingress.start();
      const { token } = await store.tenants.createToken(tenantId, 'admin');
      return createApiClient(url, token);
    },
    async addPairedDevice(phone) {
      const [linked] = await sandbox.createPairedDevices(phone === undefined ? 1 : { phones: [phone] });
      if (!linked) throw new Error('the sandbox linked no device');
      return seedDevice(store, tenantId, linked);
    },
    async whenConnected(deviceId) {
      await eventually('the device connects', async () => (await store.devices.read(deviceId))?.state === 'connected', {
        timeoutMs: 50_000,
      });
    },
    whenState: (messageId, ...states) =>
      eventually(`message is ${states.join(' or ')}`, async () => {
        const record = await store.messages.read(messageId);
        return record && states.includes(record.state) ? record : undefined;
      }),
    onClose: (undo) => undos.push(undo),
    async close() {
      for (const undo of undos.reverse()) await undo();
    },
  };
}

/** Stores a linked device's credentials under an epoch of our own, as if it had been paired here. */
async function seedDevice(store: Store, tenantId: string, linked: PrePairedDevice): Promise<TestDevice> {
  const { id } = await store.devices.create(tenantId, 'test device');
  const leases = createLeases(store.redis, store.keys, 'test-seed');
  const lease = await leases.claim(id);
  if (!lease) throw new Error('the device is taken');
  await createAuthState(store.redis, store.keys, store.cipher, id, lease.epoch).write(encodeCredentials(linked.creds));
  await store.devices.report(id, { paired: true, state: 'offline', jid: linked.jid, phone: linked.phone });
  await leases.release(lease);
  await store.devices.announce(id);
  return { deviceId: id, jid: linked.jid, phone: linked.phone };
}
