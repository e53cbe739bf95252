import { Router } from 'express';
import type { PeopleControls } from '../../controls/people-controls.js';
import type { RecipientControls, ViewOptions } from '../../controls/recipient-controls.js';
import { bodyOf, optionalText, requireText } from '../parse-body.js';

export function recipientRoutes(controls: RecipientControls & PeopleControls): Router {
  const router = Router();
  router.get('/recipients/:who', async (request, response) => {
    response.json(await controls.recipient(request.params.who, viewOptions(request.query)));
  });
  router.post('/recipients/:who/reply', async (request, response) => {
    const body = bodyOf(request);
    response.json(await controls.reply(request.params.who, requireText(body, 'deviceJid'), requireText(body, 'text')));
  });
  router.post('/recipients/:who/identity', (request, response) => {
    controls.changeIdentity(request.params.who, { announce: bodyOf(request).announce !== false });
    response.json({});
  });
  router.post('/recipients/:who/devices', (request, response) => {
    const body = bodyOf(request);
    const remove = Array.isArray(body.remove) ? body.remove.map(Number) : [];
    const change = { add: Number(optionalText(body, 'add') ?? 0), remove, announce: body.announce !== false };
    response.json({ devices: controls.changeDevices(request.params.who, change) });
  });
  return router;
}

export function viewOptions(query: Record<string, unknown>): ViewOptions {
  const messageId = optionalText(query, 'messageId');
  return { withMediaBytes: query.media === 'true', ...(messageId === undefined ? {} : { messageId }) };
}
