import { Router } from 'express';
import type { ConnectionControls } from '../../controls/connection-controls.js';
import { bodyOf, optionalText, requireText } from '../parse-body.js';

export function connectionRoutes(controls: ConnectionControls): Router {
  const router = Router();
  router.get('/devices', (_request, response) => void response.json(controls.devices()));
  router.post('/connections/cut', (request, response) => {
    response.json({ cut: controls.cutConnections(optionalText(bodyOf(request), 'deviceJid')) });
  });
  router.post('/connections/freeze', (request, response) => {
    response.json({ frozen: controls.freezeConnections(optionalText(bodyOf(request), 'deviceJid')) });
  });
  router.post('/connections/close', (request, response) => {
    const body = bodyOf(request);
    response.json({ closed: controls.closeStream(requireText(body, 'deviceJid'), requireText(body, 'code')) });
  });
  router.post('/connections/replace', (request, response) => {
    response.json({ replaced: controls.replaceSession(requireText(bodyOf(request), 'deviceJid')) });
  });
  router.post('/devices/log-out', (request, response) => {
    controls.logOut(requireText(bodyOf(request), 'deviceJid'));
    response.json({});
  });
  return router;
}
