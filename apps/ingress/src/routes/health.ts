/** For orchestrators and Prometheus. */
import type { AppParts } from '../app-parts.js';
import type { Routes } from './routes.js';

export function addHealthRoutes(routes: Routes, { store, metrics }: AppParts): void {
  routes.add('GET /health/live', (_request, response) => {
    response.json({ status: 'ok' });
  });

  routes.add('GET /health/ready', async (_request, response) => {
    // Fails within REDIS_COMMAND_TIMEOUT_MS, and the answer is then 503.
    await store.redis.ping();
    response.json({ status: 'ok' });
  });

  routes.add('GET /metrics', async (_request, response) => {
    response.set('Content-Type', metrics.contentType).send(await metrics.render());
  });
}
