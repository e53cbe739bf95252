/** For orchestrators and Prometheus. */
import type { Express } from 'express';
import type { AppParts } from '../app-parts.js';

export function addHealthRoutes(app: Express, { store, metrics }: AppParts): void {
  app.get('/health/live', (_request, response) => {
    response.json({ status: 'ok' });
  });

  app.get('/health/ready', async (_request, response) => {
    // Fails within REDIS_COMMAND_TIMEOUT_MS, and the answer is then 503.
    await store.redis.ping();
    response.json({ status: 'ok' });
  });

  app.get('/metrics', async (_request, response) => {
    response.set('Content-Type', metrics.contentType).send(await metrics.render());
  });
}
