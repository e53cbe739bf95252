/** The API as an Express app, with a shorter way to the routes that carry the load; it knows no port. */
import type { RequestListener } from 'node:http';
import express, { type Express } from 'express';
import { createAdmit } from './admission/admission.js';
import type { AppParts } from './app-parts.js';
import { createAccessLog } from './http/access-log.js';
import { answerNotFound, createAnswerErrors } from './http/answer-errors.js';
import { createAuthenticate } from './http/authenticate.js';
import { createDirectLane } from './http/direct-lane.js';
import { createIdentifyRequest } from './http/identify-request.js';
import { createReadJson } from './http/read-json.js';
import { addBackupRoutes } from './routes/backups.js';
import { addDeviceRoutes } from './routes/devices.js';
import { addDocumentationRoutes } from './routes/documentation.js';
import { addErasureRoutes } from './routes/erasures.js';
import { addHealthRoutes } from './routes/health.js';
import { addMediaRoutes } from './routes/media.js';
import { addMessageRoutes } from './routes/messages.js';
import { addPairingRoutes } from './routes/pairing.js';
import { createRoutes } from './routes/routes.js';
import { addSessionRoutes } from './routes/sessions.js';
import { addSendRoutes } from './routes/sends.js';
import { addTenantRoutes } from './routes/tenants.js';
import { addUserRoutes } from './routes/users.js';
import { addWebhookRoutes } from './routes/webhooks.js';

export interface App {
  /** What serves every request. */
  readonly handle: RequestListener;
  readonly express: Express;
}

export function createApp(parts: AppParts): App {
  const answerErrors = createAnswerErrors(parts.logger);
  const app = express();
  app.disable('x-powered-by');
  // Hashing every answer for an ETag would serve no client of an API like this.
  app.disable('etag');

  const lane = createDirectLane(app, answerErrors);
  const routes = createRoutes(app, lane, {
    first: [createIdentifyRequest(parts.config.REDIS_COMMAND_TIMEOUT_MS), createAccessLog(parts.logger)],
    authenticate: createAuthenticate(parts.callers, parts.config.MASTER_TOKEN),
    admit: createAdmit(parts.admission),
    readJson: createReadJson(parts.config.JSON_BODY_LIMIT_BYTES),
  });
  addHealthRoutes(routes, parts);
  addDocumentationRoutes(routes);
  addSendRoutes(routes, parts);
  addMediaRoutes(routes, parts);
  addMessageRoutes(routes, parts);
  addDeviceRoutes(routes, parts);
  addBackupRoutes(routes, parts);
  addPairingRoutes(routes, parts);
  addSessionRoutes(routes, parts);
  addUserRoutes(routes, parts);
  addTenantRoutes(routes, parts);
  addWebhookRoutes(routes, parts);
  addErasureRoutes(routes, parts);

  app.use(answerNotFound, answerErrors);
  return { handle: lane.handle, express: app };
}
