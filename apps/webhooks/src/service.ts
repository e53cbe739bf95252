/** The webhooks app: relay, queue and deliveries, put together; it knows no signals. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { createAddressGuard, createGuardedConnector } from '@pombo/guard';
import { createWebhookConsumer, createWebhookQueue } from '@pombo/queue';
import {
  type Config,
  connectPatiently,
  createHealthServer,
  createLifecycle,
  createMetrics,
  createPatientRedis,
  findRedisProblems,
  type Lifecycle,
  type Logger,
  type Redis,
  SECOND,
} from '@pombo/runtime';
import { createStore } from '@pombo/store';
import { createConnections } from './delivery/connections.js';
import { createPostEvent } from './delivery/post-event.js';
import { createDirectory } from './directory.js';
import { listen } from './listener.js';
import { createRelay } from './relay/relay.js';
import { createInFlightGate } from './turns/in-flight-gate.js';
import { createProcessWatch } from './turns/process-watch.js';
import { createSweeper } from './turns/sweeper.js';
import { createTargets } from './turns/targets.js';
import { createTurns } from './turns/turns.js';

export interface WebhooksApp {
  /** @returns the port of health and metrics. */
  start(): Promise<{ port: number }>;
  /** Finishes the deliveries in hand, as far as the time allows; the others are another process's. */
  stop(): Promise<void>;
  /** Where the process' signals attach. */
  readonly lifecycle: Lifecycle;
}

export interface WebhooksAppDeps {
  readonly logger: Logger;
}

const CONNECT_TIMEOUT_MS = 10 * SECOND;
/** Idle connections to an endpoint are kept this long, unless it says otherwise. */
const KEEP_ALIVE_MS = 30 * SECOND;
/** Endpoints served at once; one whose endpoint is slow only waits. */
const TURNS_AT_ONCE = 2000;

export function createWebhooksApp(config: Config, { logger }: WebhooksAppDeps): WebhooksApp {
  const lifecycle = createLifecycle({ logger, timeoutMs: config.SHUTDOWN_TIMEOUT_MS });

  const connect = async (name: string): Promise<Redis> => {
    const redis = createPatientRedis({ target: config.REDIS, name, logger });
    lifecycle.onStop(name, () => redis.disconnect());
    await connectPatiently(redis);
    return redis;
  };

  const start = async (): Promise<{ port: number }> => {
    const redis = await connect('pombo-webhooks');
    const subscriber = await connect('pombo-webhooks-notices');
    for (const problem of await findRedisProblems(redis)) logger.warn('Redis is not fit to hold events', { problem });
    const store = createStore(redis, config);
    const { keys } = store;
    const owner = `${hostname()}-${randomUUID().slice(0, 8)}`;
    const metrics = createMetrics('webhooks');

    const connections = createConnections({
      connect: createGuardedConnector(createAddressGuard(config.WEBHOOK_ALLOW_HOSTS), CONNECT_TIMEOUT_MS),
      keepAliveTimeout: KEEP_ALIVE_MS,
      // An attempt has one time-out for everything.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    lifecycle.onStop('connections to endpoints', () => connections.destroy());
    const queue = createWebhookQueue(redis, keys);
    lifecycle.onStop('queue', () => queue.close());

    const stopping = new AbortController();
    const gate = createInFlightGate(config.WEBHOOK_TOTAL_IN_FLIGHT);
    metrics.onRender(() => metrics.webhookInFlight.set(gate.taken));
    const leaseMs = config.WEBHOOK_LEASE_MS;
    const defaults = {
      timeoutMs: config.WEBHOOK_TIMEOUT_MS,
      delaysMs: config.WEBHOOK_RETRY_DELAYS_MS,
      retryAfterMaxMs: config.WEBHOOK_RETRY_AFTER_MAX_MS,
      keptMs: config.WEBHOOK_RETENTION_MS,
    };
    const tools = {
      ...{ owner, leaseMs, store, gate, metrics, logger },
      post: createPostEvent(connections),
      targets: createTargets(store, defaults, logger),
      inFlight: config.WEBHOOK_IN_FLIGHT,
      stopping: stopping.signal,
    };
    const turns = createTurns(tools, queue);
    const relay = createRelay({ owner, leaseMs, store, directory: createDirectory(store), turns, metrics, logger });
    lifecycle.onStop('relay', () => relay.stop());

    const consumer = createWebhookConsumer({
      ...{ redis, keys, logger },
      concurrency: TURNS_AT_ONCE,
      process: (name) => turns.take(name),
    });
    lifecycle.onStop('turns', async () => {
      stopping.abort();
      gate.close();
      await Promise.race([turns.ended(), pause(config.SHUTDOWN_TIMEOUT_MS / 2, undefined, { ref: false })]);
      // What has not been answered by now goes back untold.
      await connections.destroy();
      await turns.ended();
      await consumer.close();
    });
    await listen({ subscriber, keys, relay, turns, logger });
    const sweeper = createSweeper({ owner, everyMs: config.WEBHOOK_SWEEP_MS, store, relay, turns, logger });
    lifecycle.onStop('sweeper', () => sweeper.stop());
    sweeper.start();
    const { processes } = store.webhooks;
    const watch = createProcessWatch({ owner, leaseMs, processes, onDeath: () => sweeper.lookNow(), logger });
    lifecycle.onStop('process watch', () => watch.stop());
    watch.start();

    const health = createHealthServer({ port: config.WEBHOOK_PORT, redis, metrics });
    lifecycle.onStop('health server', () => health.stop());
    const port = await health.start();
    logger.info('webhooks ready', { port, owner });
    return { port };
  };

  return { lifecycle, start, stop: () => lifecycle.stop() };
}
