/** A running webhooks app with a tenant and a device; messages are moved by the store's own scripts. */
import type { MessageState } from '@pombo/contracts';
import { createLogger, loadConfig, silentLogger, type Config } from '@pombo/runtime';
import { createWebhookId, createWebhookSecret, type NewWebhook, type Store, type WebhookName } from '@pombo/store';
import { openTestStore, playOwner, testEnvironment } from '@pombo/testing';
import { createWebhooksApp, type WebhooksApp } from '@pombo/webhooks';

export interface WebhooksHarness {
  readonly config: Config;
  /** The same configuration, for a child process. */
  readonly env: Readonly<Record<string, string>>;
  readonly store: Store;
  readonly tenantId: string;
  readonly deviceId: string;
  /** Of its lease. */
  readonly epoch: number;
  /** A running app; more of them share the work. */
  startApp(): Promise<WebhooksApp>;
  addDevice(tenantId?: string): Promise<string>;
  /** @returns the endpoint's name and its secret. */
  addEndpoint(url: string, changes?: Partial<NewWebhook>): Promise<WebhookName & { readonly secret: string }>;
  /** Accepts a message. @returns its id. */
  queueMessage(deviceId?: string, changes?: { clientReference?: string }): Promise<string>;
  move(messageId: string, state: MessageState): Promise<void>;
  /** Accepts many messages at once: one event each. */
  queueMany(count: number, deviceId?: string): Promise<string[]>;
  close(): Promise<void>;
}

const testLogger = process.env['TEST_LOG']
  ? createLogger({ level: 'debug', name: 'test', stream: process.stderr })
  : silentLogger;

export async function openWebhooks(settings: Record<string, string> = {}): Promise<WebhooksHarness> {
  const env = testEnvironment({ WEBHOOK_PORT: '0', WEBHOOK_SWEEP_MS: '500', ...settings });
  const config = loadConfig(env);
  const opened = await openTestStore(config);
  const { store } = opened;
  const apps: WebhooksApp[] = [];
  const { tenantId } = await store.tenants.create('a tenant');

  const tenantOf = new Map<string, string>();
  const addDevice = async (owner = tenantId): Promise<string> => {
    const { id } = await store.devices.create(owner, 'a phone');
    await playOwner(store, id);
    tenantOf.set(id, owner);
    return id;
  };
  const { id: deviceId } = await store.devices.create(tenantId, 'a phone');
  const epoch = await playOwner(store, deviceId);
  const draftFor = (device: string, clientReference?: string) => ({
    id: store.messages.createId(device),
    content: { type: 'text' as const, text: 'hello' },
    tenantId: tenantOf.get(device) ?? tenantId,
    userId: 'usr_test',
    deviceId: device,
    to: '5511999990000@s.whatsapp.net',
    priority: 'normal' as const,
    expiresInMs: 600_000,
    awaited: false,
    ...(clientReference === undefined ? {} : { clientReference }),
  });
  const accept = async (drafts: Array<ReturnType<typeof draftFor>>): Promise<string[]> => {
    await Promise.all(drafts.map((draft) => store.messages.accept(draft)));
    return drafts.map(({ id }) => id);
  };

  return {
    config,
    env,
    store,
    tenantId,
    deviceId,
    epoch,
    async startApp() {
      const app = createWebhooksApp(config, { logger: testLogger });
      apps.push(app);
      await app.start();
      return app;
    },
    addDevice,
    async addEndpoint(url, changes = {}) {
      const secret = createWebhookSecret();
      const endpoint: NewWebhook = {
        ...{ id: createWebhookId(), tenantId, userId: 'usr_test', single: false },
        ...{ url, events: ['*'], deviceIds: [], headers: {}, enabled: true, description: '', secrets: [{ secret }] },
        ...changes,
      };
      await store.webhooks.endpoints.put(endpoint);
      return { tenantId: endpoint.tenantId, webhookId: endpoint.id, secret };
    },
    async queueMessage(device = deviceId, { clientReference } = {}) {
      const [id = ''] = await accept([draftFor(device, clientReference)]);
      return id;
    },
    async move(messageId, state) {
      const record = await store.messages.read(messageId);
      const error = state === 'failed' ? { error: { code: 'MEDIA_INVALID', message: 'the picture is broken' } } : {};
      await store.messages.transition(messageId, record?.deviceId ?? deviceId, state, error);
    },
    queueMany: (count, device = deviceId) => accept(Array.from({ length: count }, () => draftFor(device))),
    async close() {
      for (const app of apps) await app.stop();
      await opened.close();
    },
  };
}
