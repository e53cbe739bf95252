/** Where a tenant wants to hear of events: `/webhook` for one endpoint of a user, `/webhooks` for as many as one likes. */
import { randomUUID } from 'node:crypto';
import { DEVICE_EVENTS, EVENT_NAMES, MESSAGE_EVENTS, PomboError, rfc3339 } from '@pombo/contracts';
import { nameOfWebhook, OLD_SECRET_MS, singleWebhookId, type WebhookEndpoint } from '@pombo/store';
import type { Request, Response } from 'express';
import type { AppParts } from '../app-parts.js';
import { parsePrefer } from '../http/prefer.js';
import { callerOf } from '../http/request-context.js';
import { listDeadLetters } from '../webhooks/list-dead-letters.js';
import { findOwnWebhook, listOwnWebhooks, webhookNotFound } from '../webhooks/find-own-webhook.js';
import { listDeliveries, parseDeliveriesQuery } from '../webhooks/list-deliveries.js';
import { parseReplay, replay } from '../webhooks/replay.js';
import { createSaveWebhook, type Saved } from '../webhooks/save-webhook.js';
import { describeBacklog, describeWebhook } from '../webhooks/webhook-resource.js';
import type { Routes } from './routes.js';

const idOf = (request: Request): string => String(request.params['id']);
const singleOf = (request: Request): string => {
  const { tenantId, userId } = callerOf(request);
  return singleWebhookId(tenantId, userId);
};
const optionsOf = (request: Request) => ({ strict: parsePrefer(request.get('prefer')).strict });

export function addWebhookRoutes(routes: Routes, parts: AppParts): void {
  addEndpointRoutes(routes, parts);
  addDeliveryRoutes(routes, parts);
}

function addEndpointRoutes(routes: Routes, parts: AppParts): void {
  const { endpoints, log } = parts.store.webhooks;
  const webhooks = createSaveWebhook(parts);
  const describe = (endpoint: WebhookEndpoint) => describeWebhook(endpoint, parts.config.WEBHOOK_TIMEOUT_MS);

  const answerSaved = (response: Response, { endpoint, secret, created, warnings }: Saved): void => {
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
    answerSaved(response, await webhooks.replaceSingle(request.body, callerOf(request), optionsOf(request)));
  });
  routes.add('DELETE /webhook', (request, response) => remove(request, response, singleOf(request)));

  routes.add('GET /webhooks', async (request, response) => {
    const all = (await listOwnWebhooks(endpoints, callerOf(request))).map(describe);
    response.json({ success: true, webhooks: all, data: all });
  });
  routes.add('POST /webhooks', async (request, response) => {
    answerSaved(response, await webhooks.create(request.body, callerOf(request), optionsOf(request)));
  });
  routes.add('GET /webhooks/:id', (request, response) => answerOne(request, response, idOf(request)));
  routes.add('PATCH /webhooks/:id', async (request, response) => {
    answerSaved(response, await webhooks.change(idOf(request), request.body, callerOf(request), optionsOf(request)));
  });
  routes.add('DELETE /webhooks/:id', (request, response) => remove(request, response, idOf(request)));
  routes.add('POST /webhooks/:id/rotate-secret', async (request, response) => {
    const { secret } = await webhooks.rotate(idOf(request), request.body, callerOf(request));
    const until = rfc3339(Date.now() + OLD_SECRET_MS);
    response.json({ success: true, secret, previous_secret_valid_until: until });
  });
}

function addDeliveryRoutes(routes: Routes, parts: AppParts): void {
  const { endpoints, deliveries, log } = parts.store.webhooks;
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
    const asked = parseReplay(request.body);
    if (!endpoint.enabled) throw disabled();
    response.status(202).json({ success: true, ...(await replay(parts.store, endpoint, asked)) });
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
