import { Router } from 'express';
import type { ObservationControls } from '../../controls/observation-controls.js';
import type { SandboxEndpoint } from '../../sandbox-endpoint.js';

export function observationRoutes(controls: ObservationControls, endpoint: SandboxEndpoint): Router {
  const router = Router();
  router.get('/health', (_request, response) => void response.json({ status: 'ok' }));
  router.get('/endpoint', (_request, response) => void response.json(endpoint));
  router.get('/report', (_request, response) => void response.json(controls.report()));
  router.get('/counters', (_request, response) => void response.json(controls.counters()));
  router.get('/journal', (_request, response) => void response.json(controls.journal()));
  router.delete('/counters', (_request, response) => {
    controls.resetCounters();
    response.json({});
  });
  return router;
}
