import { Router } from 'express';
import type { PeopleControls } from '../../controls/people-controls.js';
import type { RecipientControls } from '../../controls/recipient-controls.js';
import { bodyOf, optionalText, optionalTexts, requireText } from '../parse-body.js';
import { viewOptions } from './recipients.js';

export function groupRoutes(controls: PeopleControls & RecipientControls): Router {
  const router = Router();
  router.post('/groups', (request, response) => {
    const body = bodyOf(request);
    const group = controls.createGroup({
      subject: requireText(body, 'subject'),
      owner: requireText(body, 'owner'),
      participants: optionalTexts(body, 'participants') ?? [],
      addressingMode: optionalText(body, 'addressingMode') === 'pn' ? 'pn' : 'lid',
    });
    response.json(group);
  });
  router.post('/groups/:id', (request, response) => {
    const body = bodyOf(request);
    const subject = optionalText(body, 'subject');
    response.json(
      controls.changeGroup(request.params.id, {
        add: optionalTexts(body, 'add') ?? [],
        remove: optionalTexts(body, 'remove') ?? [],
        ...(subject === undefined ? {} : { subject }),
      }),
    );
  });
  router.get('/newsletters/:id', async (request, response) => {
    response.json(await controls.newsletter(request.params.id));
  });
  router.get('/groups/:id', async (request, response) => {
    response.json(await controls.group(request.params.id, viewOptions(request.query)));
  });
  return router;
}
