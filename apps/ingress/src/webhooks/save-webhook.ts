/** Making and changing webhook endpoints. */
import { EVERY_EVENT, PomboError, unknownEvents, type WebhookBody } from '@pombo/contracts';
import { createAddressGuard } from '@pombo/guard';
import {
  type Caller,
  createWebhookId,
  createWebhookSecret,
  nameOfWebhook,
  rotateSecrets,
  singleWebhookId,
  type WebhookChanges,
  type WebhookEndpoint,
  type WebhookName,
  type WebhookSettings,
} from '@pombo/store';
import type { AppParts } from '../app-parts.js';
import { findOwnDevice } from '../devices/choose-device.js';
import type { ReadBody } from '../http/read-body.js';
import type { Warning } from '../sends/send-validator.js';
import { checkWebhookUrl } from './check-webhook-url.js';
import { findOwnWebhook, webhookNotFound } from './find-own-webhook.js';

export interface Saved {
  readonly endpoint: WebhookEndpoint;
  /** Shown this once: the secret, when it is new. */
  readonly secret?: string;
  readonly created: boolean;
  /** Besides those of the body as it was read. */
  readonly warnings: readonly Warning[];
}

type GivenWebhook = ReadBody<WebhookBody>;

export interface SaveWebhook {
  create(given: GivenWebhook, caller: Caller): Promise<Saved>;
  /** Makes or replaces the caller's own endpoint. Events that Pombo does not have are no error there. */
  replaceSingle(given: GivenWebhook, caller: Caller): Promise<Saved>;
  /**
   * Whoever enables an endpoint of a user that can no longer call, has it from then on.
   * @throws PomboError WEBHOOK_NOT_FOUND
   */
  change(webhookId: string, given: GivenWebhook, caller: Caller): Promise<Saved>;
  /** @returns the new secret: its own where none is given. @throws PomboError WEBHOOK_NOT_FOUND */
  rotate(webhookId: string, secret: string | undefined, caller: Caller): Promise<string>;
}

export function createSaveWebhook({ config, store }: AppParts): SaveWebhook {
  const { endpoints } = store.webhooks;
  const urlRules = { guard: createAddressGuard(config.WEBHOOK_ALLOW_HOSTS), allowHttp: config.SANDBOX_MODE };

  const check = async ({ body, nameField }: GivenWebhook, caller: Caller): Promise<void> => {
    if (body.url !== undefined) await checkWebhookUrl(body.url, urlRules, nameField);
    for (const deviceId of body.device_ids ?? []) await findOwnDevice(store.devices, caller, deviceId);
  };

  /** As it is after a change. What its user may see can have changed at the same time. */
  const readBounded = async ({ tenantId, webhookId }: WebhookName, userId: string): Promise<WebhookEndpoint> => {
    await store.users.boundEndpoints(tenantId, userId);
    const endpoint = await endpoints.read({ tenantId, webhookId });
    if (!endpoint) throw webhookNotFound();
    return endpoint;
  };

  const requireRoom = async (tenantId: string): Promise<void> => {
    if ((await endpoints.countOfTenant(tenantId)) < config.WEBHOOK_MAX_ENDPOINTS) return;
    const message = `you have ${config.WEBHOOK_MAX_ENDPOINTS} webhook endpoints already: remove one first`;
    throw new PomboError('WEBHOOK_LIMIT_REACHED', message);
  };

  const put = async (
    identity: Pick<WebhookEndpoint, 'id' | 'single'> & Caller,
    body: WebhookBody,
    earlier: WebhookEndpoint | undefined,
  ): Promise<Saved> => {
    // Each way in has its own word for it.
    if (body.url === undefined) throw urlMissing(identity.single ? 'webhook_url' : 'url');
    if (!earlier) await requireRoom(identity.tenantId);
    const secret = body.secret ?? earlier?.secrets[0]?.secret ?? createWebhookSecret();
    await endpoints.put({
      ...{ id: identity.id, single: identity.single, tenantId: identity.tenantId, userId: identity.userId },
      ...{ events: [EVERY_EVENT], deviceIds: [], headers: {}, enabled: true, description: '' },
      ...settingsFrom(body),
      scope: identity.devices,
      url: body.url,
      secrets: rotateSecrets(earlier?.secrets ?? [], secret),
    });
    const endpoint = await readBounded(nameOfWebhook(identity), identity.userId);
    const isNew = secret !== earlier?.secrets[0]?.secret;
    return { endpoint, created: !earlier, warnings: [], ...(isNew ? { secret } : {}) };
  };

  const update = async (earlier: WebhookEndpoint, changes: WebhookChanges) => {
    const name = nameOfWebhook(earlier);
    if (!(await endpoints.change(name, changes))) throw webhookNotFound();
    const endpoint = await readBounded(name, changes.userId ?? earlier.userId);
    // It may have been disabled or paused, with events that wait.
    await endpoints.wake(name);
    return endpoint;
  };

  /** Nobody answers for what a user set up that can no longer call. */
  const takeOver = async (earlier: WebhookEndpoint, caller: Caller): Promise<WebhookChanges> => {
    const maker = await store.users.read(earlier.tenantId, earlier.userId);
    return maker?.enabled ? {} : { userId: caller.userId, scope: caller.devices };
  };

  return {
    async create(given, caller) {
      await check(given, caller);
      refuseUnknownEvents(given);
      return put({ ...caller, id: createWebhookId(), single: false }, given.body, undefined);
    },
    async replaceSingle(given, caller) {
      await check(given, caller);
      if (given.strict) refuseUnknownEvents(given);
      const webhookId = singleWebhookId(caller.tenantId, caller.userId);
      const earlier = await endpoints.read({ tenantId: caller.tenantId, webhookId });
      const saved = await put({ ...caller, id: webhookId, single: true }, given.body, earlier);
      await endpoints.wake({ tenantId: caller.tenantId, webhookId });
      return { ...saved, warnings: warnOfEvents(given) };
    },
    async change(webhookId, given, caller) {
      const earlier = await findOwnWebhook(endpoints, caller, webhookId);
      await check(given, caller);
      refuseUnknownEvents(given);
      const { secret, enabled } = given.body;
      const secrets = secret === undefined ? {} : { secrets: rotateSecrets(earlier.secrets, secret) };
      const bounds = enabled === true ? await takeOver(earlier, caller) : {};
      const endpoint = await update(earlier, { ...settingsFrom(given.body), ...secrets, ...bounds });
      return { endpoint, created: false, warnings: [], ...(secret === undefined ? {} : { secret }) };
    },
    async rotate(webhookId, secret = createWebhookSecret(), caller) {
      const earlier = await findOwnWebhook(endpoints, caller, webhookId);
      await update(earlier, { secrets: rotateSecrets(earlier.secrets, secret) });
      return secret;
    },
  };
}

/** What was said, in the store's words. */
function settingsFrom(body: WebhookBody): Partial<WebhookSettings> {
  const { url, events, device_ids: deviceIds, headers, enabled, description, retry_attempts: retries, timeout } = body;
  return {
    ...(url === undefined ? {} : { url }),
    // An empty list would be an endpoint for nothing.
    ...(events === undefined ? {} : { events: events.length === 0 ? [EVERY_EVENT] : events }),
    ...(deviceIds === undefined ? {} : { deviceIds }),
    ...(headers === undefined ? {} : { headers }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(description === undefined ? {} : { description }),
    ...(retries === undefined ? {} : { retryAttempts: retries ?? undefined }),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function warnOfEvents({ body, nameField }: GivenWebhook): Warning[] {
  const field = nameField('events');
  return unknownEvents(body.events ?? []).map((name) => ({
    field,
    message: `${field}: Pombo has no event ${name} (GET /webhook/events lists them all)`,
  }));
}

function refuseUnknownEvents(given: GivenWebhook): void {
  const validation = warnOfEvents(given);
  const [first] = validation;
  if (first) throw new PomboError('VALIDATION_ERROR', first.message, { validation });
}

function urlMissing(field: string): PomboError {
  const message = `${field} is required`;
  return new PomboError('VALIDATION_ERROR', message, { validation: [{ field, message }] });
}
