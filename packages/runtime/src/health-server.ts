/** Health and metrics of a process that accepts nothing else from anyone. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.js';
import type { Redis } from './redis.js';

export interface HealthServer {
  /** @returns the port listened on. */
  start(): Promise<number>;
  stop(): Promise<void>;
}

export interface HealthServerOptions {
  readonly port: number;
  readonly redis: Redis;
  readonly metrics: Metrics;
}

export function createHealthServer({ port, redis, metrics }: HealthServerOptions): HealthServer {
  const answerJson = (response: ServerResponse, status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const answer = async (path: string | undefined, response: ServerResponse): Promise<void> => {
    if (path === '/health/live') return answerJson(response, 200, { status: 'live' });
    if (path === '/health/ready') {
      const ready = redis.status === 'ready';
      return answerJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'redis unavailable' });
    }
    if (path !== '/metrics') return answerJson(response, 404, { status: 'not found' });
    response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.render());
  };
  const server: Server = createServer((request, response) => {
    answer(request.url, response).catch(() => response.destroy());
  });
  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, () => resolve((server.address() as AddressInfo).port));
      }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
