import { Router } from 'express';
import type { FaultControls } from '../../controls/fault-controls.js';
import { bodyOf } from '../parse-body.js';

export function faultRoutes(controls: FaultControls): Router {
  const router = Router();
  router.get('/faults', (_request, response) => void response.json(controls.faults()));
  router.post('/faults', (request, response) => {
    response.json(controls.setFaults(bodyOf(request)));
  });
  router.delete('/faults', (_request, response) => {
    controls.clearFaults();
    response.json({});
  });
  router.delete('/media', async (_request, response) => {
    await controls.forgetMedia();
    response.json({});
  });
  return router;
}
