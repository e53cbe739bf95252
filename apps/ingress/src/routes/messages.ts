import { pipeline } from 'node:stream/promises';
import { describeMessage } from '@pombo/contracts';
import type { Request } from 'express';
import type { AppParts } from '../app-parts.js';
import { clientLeft } from '../http/client-left.js';
import { callOf } from '../http/request-context.js';
import { createCancelMessage } from '../messages/cancel-message.js';
import { findOwnMessage } from '../messages/find-own-message.js';
import { listMessages } from '../messages/list-messages.js';
import { parseListQuery } from '../messages/list-query.js';
import { buildMessageResource } from '../messages/message-resource.js';
import { buildMessageStatus } from '../messages/message-status.js';
import { createPrepareResend } from '../messages/prepare-resend.js';
import { findReceivedMedia } from '../messages/received-media.js';
import { warnOfFields } from '../sends/send-validator.js';
import { createSubmit } from '../sends/submit.js';
import type { Routes } from './routes.js';

const idOf = (request: Request): string => String(request.params['id']);

export function addMessageRoutes(routes: Routes, parts: AppParts): void {
  const { messages } = parts.store;
  const cancel = createCancelMessage(parts);
  const prepareResend = createPrepareResend(parts);
  const submit = createSubmit(parts);

  routes.add('GET /messages', async (request, response) => {
    const page = await listMessages(parts.store, callOf(request), parseListQuery(request.query));
    response.json({ success: true, messages: page.messages.map(describeMessage), next: page.next ?? null });
  });

  routes.add('GET /messages/:id', async (request, response) => {
    response.json(buildMessageResource(await findOwnMessage(messages, callOf(request), idOf(request))));
  });

  routes.add('GET /messages/:id/status', async (request, response) => {
    response.json(buildMessageStatus(await findOwnMessage(messages, callOf(request), idOf(request))));
  });

  routes.add('GET /messages/:id/media', async (request, response) => {
    const file = await findReceivedMedia(parts.store, callOf(request).caller, idOf(request), clientLeft(response));
    response.attachment(file.fileName ?? idOf(request));
    // After the name, whose ending would decide otherwise. A stranger made the file: no browser is to run it.
    response.set({ 'Content-Type': file.mimeType, 'X-Content-Type-Options': 'nosniff' });
    await pipeline(parts.blobStore.stream(file.sha256), response);
  });

  routes.add('DELETE /messages/:id', async (request, response) => {
    response.json(buildMessageResource(await cancel(idOf(request), callOf(request))));
  });

  routes.add('POST /messages/:id/resend', async (request, response) => {
    const options = submit.readOptions(request, response);
    const warnings = warnOfFields(Object.keys(request.body as object), options.strict);
    const plan = await prepareResend(idOf(request), warnings, callOf(request));
    await submit.answer(plan, options, callOf(request), response);
  });
}
