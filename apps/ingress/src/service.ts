/** The ingress as a whole: its connections, its stores and its listener, started and stopped in order. */
import { randomUUID } from 'node:crypto';
import { type BlobStore, createBlobStore } from '@pombo/media';
import { createProducer, type Producer } from '@pombo/queue';
import {
  type Config,
  createFailFastRedis,
  createLifecycle,
  createMetrics,
  createPatientRedis,
  describeError,
  findRedisProblems,
  type Logger,
  type Redis,
} from '@pombo/runtime';
import {
  createMediaBudget,
  createRecipientStep,
  createStore,
  createTenantStep,
  SETTLE_MS,
  type Store,
} from '@pombo/store';
import type { Admission } from './admission/admission.js';
import { createMemoryWatch } from './admission/memory-watch.js';
import { createUserLimit } from './admission/user-limit.js';
import { createApp } from './app.js';
import { createDevicePool } from './devices/device-pool.js';
import { createErasureRunner, type ErasureRunner } from './erasures/erasure-runner.js';
import { createListener, type Address } from './listener.js';
import { createChangeFeed } from './remembered/change-feed.js';
import { createKnownCallers } from './remembered/known-callers.js';
import { createOutcomeWaiter } from './sends/outcome-waiter.js';

export interface IngressDeps {
  readonly logger: Logger;
  /** A connection from `createFailFastRedis`, connected and closed by the caller. Default: one of its own. */
  readonly redis?: Redis;
}

export interface Ingress {
  /** @returns where it listens. Rejects when Redis or the media folder cannot be used. */
  start(): Promise<Address>;
  /** Finishes what is in hand, then lets go of everything. Idempotent, also while starting. */
  stop(): Promise<void>;
}

export function createIngress(config: Config, { logger, redis: given }: IngressDeps): Ingress {
  const lifecycle = createLifecycle({ logger, timeoutMs: config.SHUTDOWN_TIMEOUT_MS });
  const connection = { target: config.REDIS, logger };
  let started: Promise<Address> | undefined;

  const connectRedis = async (): Promise<Redis> => {
    if (given) return given;
    const options = { ...connection, name: 'pombo-ingress', commandTimeoutMs: config.REDIS_COMMAND_TIMEOUT_MS };
    const redis = createFailFastRedis(options);
    lifecycle.onStop('redis', () => redis.disconnect());
    await redis.connect();
    return redis;
  };

  /** What is told between processes, over one connection: the ends of messages, and what has to be forgotten. */
  const startListening = async ({ keys, users, devices }: Store) => {
    const subscriber = createPatientRedis({ ...connection, name: 'pombo-ingress-subscriber' });
    lifecycle.onStop('subscriptions', () => subscriber.disconnect());
    const outcomes = createOutcomeWaiter({ subscriber, keys, logger });
    const changes = createChangeFeed({ subscriber, keys, logger });
    const callers = createKnownCallers(users, changes);
    const devicePool = createDevicePool({ devices, changes, tenantMaxWaiting: config.TENANT_MAX_WAITING });
    await subscriber.connect();
    await Promise.all([outcomes.start(), changes.start()]);
    return { outcomes, callers, devicePool };
  };

  const startAdmission = async ({ redis, sendAllowance }: Store): Promise<Admission> => {
    const memory = createMemoryWatch({
      redis,
      highWaterPercent: config.MEMORY_HIGH_WATER_PERCENT,
      limitBytes: config.MEMORY_LIMIT_BYTES,
      logger,
    });
    lifecycle.onStop('memory watch', () => memory.stop());
    await memory.start();
    const rate = config.USER_RATE_PER_SECOND;
    return { memory, userLimit: rate > 0 ? createUserLimit(sendAllowance, rate) : undefined };
  };

  const startErasures = (store: Store, producer: Producer): ErasureRunner => {
    const removeJob = (messageId: string, deviceId: string) => producer.remove(messageId, deviceId);
    const steps = {
      recipient: createRecipientStep({ ...store, removeJob }),
      tenant: createTenantStep({ ...store, settleMs: SETTLE_MS }),
    };
    const runner = createErasureRunner({ erasures: store.erasures, steps, logger });
    lifecycle.onStop('erasures', () => runner.stop());
    runner.start();
    return runner;
  };

  const startAll = async (): Promise<Address> => {
    const redis = await connectRedis();
    for (const problem of await findRedisProblems(redis))
      logger.warn('redis is not set up to keep messages', { problem });
    const store = createStore(redis, config);
    const producer = createProducer(redis, store.keys);
    lifecycle.onStop('producer', () => producer.close());
    const { outcomes, ...remembered } = await startListening(store);
    const admission = await startAdmission(store);
    const metrics = createMetrics('ingress');
    const budget = createMediaBudget({
      mediaSize: store.mediaSize,
      maxBytes: config.MEDIA_MAX_TOTAL_BYTES,
      gauge: metrics.mediaStored,
      logger,
    });
    lifecycle.onStop('media budget', () => budget.stop());
    await budget.start();
    const blobStore = await createBlobStore(config, {
      onFlushFailure: (error) => logger.error('inline media was not flushed to the disk', describeError(error)),
      onStored: budget.noteStored,
      hasRoom: budget.hasRoom,
    });
    lifecycle.onStop('media store', () => blobStore.close());
    await leaveMediaProbe(store, blobStore);

    const erasureRunner = startErasures(store, producer);
    const { handle } = createApp({
      config,
      logger,
      store,
      producer,
      blobStore,
      hasMediaRoom: budget.hasRoom,
      outcomes,
      metrics,
      admission,
      erasureRunner,
      ...remembered,
    });
    const listener = createListener(handle, config);
    lifecycle.onStop('listener', () => {
      outcomes.close();
      return listener.stop();
    });
    if (lifecycle.stopping) throw new Error('stopped while starting');
    return listener.start();
  };

  return {
    start: () => (started ??= startAll()),
    stop: () => lifecycle.stop(),
  };
}

/** One token for the whole installation, so that every ingress marks its folder with it and a worker need look only once. */
async function leaveMediaProbe({ mediaProbe }: Store, blobStore: BlobStore): Promise<void> {
  await blobStore.check();
  const token = (await mediaProbe.read()) ?? randomUUID();
  await blobStore.writeProbe(token);
  await mediaProbe.announce(token);
}
