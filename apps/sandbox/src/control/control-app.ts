import express, { type ErrorRequestHandler, type Express } from 'express';
import { BufferJSON } from '@pombo/whatsapp/protocol';
import type { SandboxControls } from '../controls/sandbox-controls.js';
import type { SandboxEndpoint } from '../sandbox-endpoint.js';
import type { SandboxLogger } from '../sandbox-logger.js';
import { connectionRoutes } from './routes/connections.js';
import { faultRoutes } from './routes/faults.js';
import { groupRoutes } from './routes/groups.js';
import { observationRoutes } from './routes/observation.js';
import { pairingRoutes } from './routes/pairing.js';
import { recipientRoutes } from './routes/recipients.js';

/** Every control of the sandbox as JSON over HTTP; the table is in the README. */
export function createControlApp(controls: SandboxControls, endpoint: SandboxEndpoint, logger: SandboxLogger): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('json replacer', BufferJSON.replacer);
  app.use(express.json({ limit: '1mb' }));
  app.use(observationRoutes(controls, endpoint));
  app.use(pairingRoutes(controls));
  app.use(recipientRoutes(controls));
  app.use(groupRoutes(controls));
  app.use(faultRoutes(controls));
  app.use(connectionRoutes(controls));
  app.use((_request, response) => void response.status(404).json({ error: 'no such endpoint' }));
  app.use(answerError(logger));
  return app;
}

/** Whatever a control throws is the caller's mistake: a wrong jid, a QR code nobody shows. */
function answerError(logger: SandboxLogger): ErrorRequestHandler {
  return (error, _request, response, _next) => {
    const text = error instanceof Error ? error.message : 'failed';
    // Only the error's class: a parser's message quotes the body.
    logger.info('control request refused', { error: error instanceof Error ? error.name : typeof error });
    response.status(text.startsWith('no such') ? 404 : 400).json({ error: text });
  };
}
