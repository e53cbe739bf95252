/** `POST /send/*`: one handler for all rows of the table. */
import { isFailure, SEND_ROUTES, type SendRoute } from '@pombo/contracts';
import { SECOND } from '@pombo/runtime';
import type { Express, RequestHandler } from 'express';
import type { AppParts } from '../app-parts.js';
import { clientLeft } from '../http/client-left.js';
import { parsePrefer } from '../http/prefer.js';
import { callOf } from '../http/request-context.js';
import { createPrepareSend } from '../sends/prepare-send.js';
import { createQueueAndWait } from '../sends/queue-and-wait.js';
import { createQueueMessage } from '../sends/queue-message.js';
import { buildAccepted, buildSent, outcomeError } from '../sends/send-answers.js';
import { createSendValidator } from '../sends/send-validator.js';
import type { Guards } from './guards.js';

export function addSendRoutes(app: Express, guards: Guards, parts: AppParts): void {
  for (const route of SEND_ROUTES) app.post(route.path, ...guards.write, createSendHandler(route, parts));
}

function createSendHandler(route: SendRoute, parts: AppParts): RequestHandler {
  const validate = createSendValidator(route.schema);
  const prepare = createPrepareSend(route.type, parts);
  const queueMessage = createQueueMessage(parts);
  const queueAndWait = createQueueAndWait(parts, queueMessage);

  return async (request, response) => {
    const prefer = parsePrefer(request.get('prefer'));
    if (prefer.applied !== '') response.set('Preference-Applied', prefer.applied);
    const waitMs = (prefer.waitSeconds ?? parts.config.DEFAULT_WAIT_SECONDS) * SECOND;

    const context = callOf(request);
    const send = validate(request.body as Record<string, unknown>, prefer.strict);
    const draft = await prepare(send, context, waitMs > 0);
    const outcome =
      waitMs > 0
        ? await queueAndWait(draft, context, waitMs, clientLeft(response))
        : await queueMessage(draft, context);

    response.location(`/messages/${draft.id}`);
    if (!outcome) response.status(202).json(buildAccepted(draft, send.warnings));
    else if (isFailure(outcome.state)) throw outcomeError(outcome);
    else response.json(buildSent(outcome, send.warnings));
  };
}
