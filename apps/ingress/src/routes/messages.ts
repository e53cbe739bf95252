import { PomboError } from '@pombo/contracts';
import type { Express } from 'express';
import type { AppParts } from '../app-parts.js';
import { callerOf } from '../http/request-context.js';
import { buildMessageResource } from '../messages/message-resource.js';
import type { Guards } from './guards.js';

export function addMessageRoutes(app: Express, guards: Guards, { store }: AppParts): void {
  app.get('/messages/:id', ...guards.read, async (request, response) => {
    const record = await store.messages.read(String(request.params['id']));
    if (record?.tenantId !== callerOf(request).tenantId) {
      throw new PomboError('MESSAGE_NOT_FOUND', 'you have no message with this id');
    }
    response.json(buildMessageResource(record));
  });
}
