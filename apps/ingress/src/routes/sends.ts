/** `POST /send/*`: one handler for all rows of the table. */
import { SEND_ROUTES, type SendRoute } from '@pombo/contracts';
import type { AppParts } from '../app-parts.js';
import type { NodeHandler } from '../http/node-handler.js';
import { callOf } from '../http/request-context.js';
import { createPrepareSend } from '../sends/prepare-send.js';
import { createSendValidator } from '../sends/send-validator.js';
import { createSubmit, type Submit } from '../sends/submit.js';
import type { Routes } from './routes.js';

export function addSendRoutes(routes: Routes, parts: AppParts): void {
  const submit = createSubmit(parts);
  for (const route of SEND_ROUTES) routes.addDirect(`POST ${route.path}`, createSendHandler(route, submit, parts));
}

function createSendHandler(route: SendRoute, submit: Submit, parts: AppParts): NodeHandler {
  const validate = createSendValidator(route.schema, { blanksAreAbsent: true });
  const prepare = createPrepareSend(route.type, parts);

  return async (request, response) => {
    const options = submit.readOptions(request, response);
    const context = callOf(request);
    const send = validate(request.body as Record<string, unknown>, options.strict);
    const plan = await prepare(send, context);
    // Its media is stored; of a send that failed it may still be in hand.
    context.letGoOfMedia?.();
    await submit.answer(plan, options, context, response);
  };
}
