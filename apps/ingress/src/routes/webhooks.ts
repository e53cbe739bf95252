/** Where a tenant wants to hear of events: `/webhook` for one endpoint of a user, `/webhooks` for as many as one likes. */
import { randomUUID } from 'node:crypto';
import {
  DEVICE_EVENTS,
  EVENT_NAMES,
  MESSAGE_EVENTS,
  PomboError,
  rfc3339,
  webhookSchema,
  webhookSecretSchema,
} from '@pombo/contracts';
import { nameOfWebhook, OLD_SECRET_MS, singleWebhookId, type WebhookEndpoint } from '@pombo/store';
import type { Request, Response } from 'express';
import type { AppParts } from '../app-parts.js';
import { readBody } from '../http/read-body.js';
import { callerOf } from '../http/request-context.js';
import { listDeadLetters } from '../webhooks/list-dead-letters.js';
import { findOwnWebhook, listOwnWebhooks, webhookNotFound } from '../webhooks/find-own-webhook.js';
import { listDeliveries, parseDeliveriesQuery } from '../webhooks/list-deliveries.js';
import { replay, replaySchema } from '../webhooks/replay.js';
import { createSaveWebhook, type Saved } from '../webhooks/save-webhook.js';
import { describeBacklog, describeWebhook } from '../webhooks/webhook-resource.js';
import type { Warning } from '../sends/send-validator.js';
import type { Routes } from './routes.js';

const idOf = (request: Request): string => String(request.params['id']);
const singleOf = (request: Request): string => {
  const { tenantId, userId } = callerOf(request);
  return singleWebhookId(tenantId, userId);
};

export function addWebhookRoutes(routes: Routes, parts: AppParts): void {
  addEndpointRoutes(routes, parts);
  addDeliveryRoutes(routes, parts);
}

function addEndpointRoutes(routes: Routes, parts: AppParts): void {
  const { endpoints, log } = parts.store.webhooks;
  const webhooks = createSaveWebhook(parts);
  const describe = (endpoint: WebhookEndpoint) => describeWebhook(endpoint, parts.config.WEBHOOK_TIMEOUT_MS);

  const readWhole = readBody(webhookSchema, { blanksAreAbsent: true });
  const readSettings = readBody(webhookSchema);
  const readSecret = readBody(webhookSecretSchema, { blanksAreAbsent: true });

  const answerSaved = (
    response: Response,
    { endpoint, secret, created, ...saved }: Saved,
    extras: { readonly warnings?: readonly Warning[] },
  ): void => {
    const warnings = [...(extras.warnings ?? []), ...saved.warnings];
    const webhook = { ...describe(endpoint), ...(secret === undefined ? {} : { secret }) };
    response.status(created ? 201 : 200);
    if (created) response.location(`/webhooks/${endpoint.id}`);
    response.json({ success: true, webhook, data: webhook, ...(warnings.length > 0 ? { warnings } : {}) });
  };
  const answerOne = async (request: Request, response: Response, webhookId: string): Promise<void> => {
    const endpoint = await findOwnWebhook(endpoints, callerOf(request), webhookId);
    const webhook = { ...describe(endpoint), ...describeBacklog(await log.backlog(nameOfWebhook(endpoint))) };
    response.json({ success: true, webhook, data: webhook });
  };
  const remove = async (request: Request, response: Response, webhookId: string): Promise<void> => {
    const endpoint = await findOwnWebhook(endpoints, callerOf(request), webhookId);
    if (!(await endpoints.remove(nameOfWebhook(endpoint)))) throw webhookNotFound();
    response.json({ success: true });
  };

  routes.add('GET /webhook/events', (_request, response) => {
    const data = Object.entries({ ...MESSAGE_EVENTS, ...DEVICE_EVENTS });
    response.json({ success: true, events: EVENT_NAMES, data: data.map(([event, about]) => ({ event, about })) });
  });
  routes.add('GET /webhook', (request, response) => answerOne(request, response, singleOf(request)));
  routes.add('POST /webhook', async (request, response) => {
    const given = readWhole(request, response);
    answerSaved(response, await webhooks.replaceSingle(given, callerOf(request)), given.extras);
  });
  routes.add('DELETE /webhook', (request, response) => remove(request, response, singleOf(request)));

  routes.add('GET /webhooks', async (request, response) => {
    const all = (await listOwnWebhooks(endpoints, callerOf(request))).map(describe);
    response.json({ success: true, webhooks: all, data: all });
  });
  routes.add('POST /webhooks', async (request, response) => {
    const given = readSettings(request, response);
    answerSaved(response, await webhooks.create(given, callerOf(request)), given.extras);
  });
  routes.add('GET /webhooks/:id', (request, response) => answerOne(request, response, idOf(request)));
  routes.add('PATCH /webhooks/:id', async (request, response) => {
    const given = readSettings(request, response);
    answerSaved(response, await webhooks.change(idOf(request), given, callerOf(request)), given.extras);
  });
  routes.add('DELETE /webhooks/:id', (request, response) => remove(request, response, idOf(request)));
  routes.add('POST /webhooks/:id/rotate-secret', async (request, response) => {
    const { body, extras } = readSecret(request, response);
    const secret = await webhooks.rotate(idOf(request), body.secret, callerOf(request));
    const until = rfc3339(Date.now() + OLD_SECRET_MS);
    response.json({ success: true, secret, previous_secret_valid_until: until, ...extras });
  });
}

function addDeliveryRoutes(routes: Routes, parts: AppParts): void {
  const { endpoints, deliveries, log } = parts.store.webhooks;
  const readReplay = readBody(replaySchema, { blanksAreAbsent: true });
  const find = (request: Request) => findOwnWebhook(endpoints, callerOf(request), idOf(request));

  routes.add('POST /webhooks/:id/test', async (request, response) => {
    const name = nameOfWebhook(await find(request));
    const eventId = `evt_test_${Date.now()}_${randomUUID().slice(0, 8)}`;
    const data = { message: 'This is a test event from Pombo.', webhook_id: name.webhookId };
    const outcome = await deliveries.test(name, eventId, data);
    if (outcome === 'gone') throw webhookNotFound();
    if (outcome === 'disabled') throw disabled();
    await endpoints.wake(name);
    response.status(202).json({ success: true, event_id: eventId });
  });

  routes.add('POST /webhooks/:id/replay', async (request, response) => {
    const endpoint = await find(request);
    const { body, extras } = readReplay(request, response);
    if (!endpoint.enabled) throw disabled();
    response.status(202).json({ success: true, ...(await replay(parts.store, endpoint, body)), ...extras });
  });

  routes.add('GET /webhooks/:id/deliveries', async (request, response) => {
    const name = nameOfWebhook(await find(request));
    const query = parseDeliveriesQuery(request.query);
    response.json({ success: true, ...(await listDeliveries(log, name, query)) });
  });

  routes.add('GET /webhooks/:id/dead-letters', async (request, response) => {
    const name = nameOfWebhook(await find(request));
    const { limit } = parseDeliveriesQuery(request.query);
    const shown = await listDeadLetters(parts.store, name, limit);
    response.json({ success: true, dead_letters: shown, data: shown });
  });
}

function disabled(): PomboError {
  return new PomboError('WEBHOOK_DISABLED', 'this webhook endpoint is disabled: enable it first');
}
