/** A worker: everything it needs, put together; it knows no signals. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  type Config,
  ConfigError,
  connectPatiently,
  createHealthServer,
  createLifecycle,
  createMetrics,
  createPatientRedis,
  describeError,
  findRedisProblems,
  type Lifecycle,
  type Logger,
  onReconnect,
  SECOND,
} from '@pombo/runtime';
import { createWaitingJobs } from '@pombo/queue';
import {
  createAvPipeline,
  createBlobStore,
  createImagePipeline,
  createPdfReader,
  createMediaFetcher,
  createScratch,
} from '@pombo/media';
import { createFleetChannel, createLeases, createMediaBudget, createStore } from '@pombo/store';
import { captureConsole, createConnectSlots, createEndpoint } from '@pombo/whatsapp';
import { openOwnedDevice } from './devices/owned-device.js';
import { createLeftoverSlots } from './receiving/inbound-media.js';
import { rememberRecipients } from './recipients/recipient-memory.js';
import { removeDevice } from './devices/remove-device.js';
import { createFleet } from './fleet/fleet.js';
import { createObtain } from './reuse/obtain.js';
import { createJanitor } from './janitor/janitor.js';
import { readNeededMedia } from './janitor/needed-media.js';
import { createTendMedia } from './janitor/tend-media.js';
import { type Weakenings, withoutWeakness } from './weakenings.js';

export interface Worker {
  /** @returns the port of health and metrics. */
  start(): Promise<{ port: number }>;
  stop(): Promise<void>;
  /** Where the process' signals attach. */
  readonly lifecycle: Lifecycle;
}

export interface WorkerDeps extends Weakenings {
  readonly logger: Logger;
}

const CONNECT_TIMEOUT_MS = 10 * SECOND;
const COUNT_JOBS_MS = 30 * SECOND;
/** Part of the time to stop in which devices finish what is in flight; closing needs the rest. */
const GRACE_PART = 0.6;

export function createWorker(config: Config, { logger, ...weakenings }: WorkerDeps): Worker {
  const lifecycle = createLifecycle({ logger, timeoutMs: config.SHUTDOWN_TIMEOUT_MS });

  const start = async (): Promise<{ port: number }> => {
    refuseSandboxKeyForWhatsapp(config);
    lifecycle.onStop('console', captureConsole(logger));
    const redis = createPatientRedis({ target: config.REDIS, name: 'pombo-worker', logger });
    lifecycle.onStop('redis', () => redis.disconnect());
    await connectPatiently(redis);
    for (const problem of await findRedisProblems(redis)) logger.warn('Redis is not fit to hold messages', { problem });

    const subscriber = createPatientRedis({ target: config.REDIS, name: 'pombo-worker-news', logger });
    lifecycle.onStop('redis subscriber', () => subscriber.disconnect());
    await connectPatiently(subscriber);

    const { wrapStore, wrapLeases } = withoutWeakness(weakenings);
    const stored = wrapStore(createStore(redis, config));
    const store = { ...stored, recipients: rememberRecipients(stored.recipients) };
    const metrics = createMetrics('worker');
    const budget = createMediaBudget({
      mediaSize: store.mediaSize,
      maxBytes: config.MEDIA_MAX_TOTAL_BYTES,
      gauge: metrics.mediaStored,
      logger,
    });
    lifecycle.onStop('media budget', () => budget.stop());
    await budget.start();
    const { noteStored: onStored, hasRoom } = budget;
    const blobs = await createBlobStore({ ...config, MEDIA_FSYNC: 'always' }, { onStored, hasRoom });
    lifecycle.onStop('media store', () => blobs.close());
    const probe = await store.mediaProbe.read();
    if (probe !== undefined) await blobs.readProbe(probe);

    const endpoint = createEndpoint(config);
    lifecycle.onStop('media host', () => endpoint.close());
    const fetcher = createMediaFetcher({ allowHosts: config.MEDIA_ALLOW_HOSTS, connectTimeoutMs: CONNECT_TIMEOUT_MS });
    lifecycle.onStop('media fetcher', () => fetcher.close());
    const scratch = await createScratch(join(config.MEDIA_DIR, 'scratch'));
    const av = createAvPipeline({
      scratch,
      ffmpegPath: config.FFMPEG_PATH,
      ffprobePath: config.FFPROBE_PATH,
      timeoutMs: config.FFMPEG_TIMEOUT_MS,
    });
    const obtain = createObtain(store.reusables, {
      unsaidFreshMs: config.MEDIA_URL_FRESH_MS,
      failureFreshMs: config.MEDIA_FAILURE_FRESH_MS,
      onError: (error) => logger.warn('what was made of media was not kept or removed', describeError(error)),
    });
    const tools = {
      config,
      store,
      blobs,
      fetcher,
      images: createImagePipeline(),
      av,
      pdfs: createPdfReader(),
      obtain,
      scratch,
      metrics,
      logger,
    };

    const connectSlots = createConnectSlots(config.CONNECTS_AT_ONCE);
    const leftoverSlots = createLeftoverSlots();
    const owner = `${hostname()}-${randomUUID().slice(0, 8)}`;
    const leases = wrapLeases(createLeases(redis, store.keys, owner));
    let redisBackAt = 0;
    const stopListening = onReconnect(redis, () => (redisBackAt = Date.now()));
    lifecycle.onStop('redis listener', stopListening);
    const fleet = createFleet({
      store,
      logger,
      metrics,
      name: owner,
      leases,
      channel: createFleetChannel(redis, subscriber, store.keys),
      capacity: config.WORKER_CAPACITY,
      leaseTtlMs: config.LEASE_TTL_MS,
      doubtAfterMs: weakenings.doubtAfterMs ?? config.LEASE_TTL_MS,
      tickMs: config.LEASE_RENEW_MS,
      rebalanceAfterMs: config.REBALANCE_AFTER_MS,
      graceMs: Math.floor(config.SHUTDOWN_TIMEOUT_MS * GRACE_PART),
      open: (lease, device, handedOver) =>
        openOwnedDevice({
          ...{ ...tools, endpoint, lease, device, weakenings, mayWrite: () => fleet.isSure },
          redisBackAt: () => redisBackAt,
          leftoverSlots,
          connectSlots: handedOver ? connectSlots.first : connectSlots,
        }),
      remove: (deviceId) => removeDevice(store, deviceId, logger),
    });
    lifecycle.onStop('devices', () => fleet.stop());
    await fleet.start();

    const jobs = createWaitingJobs(redis, store.keys);
    const tendMedia = createTendMedia({
      blobs,
      mediaSize: store.mediaSize,
      readNeeded: () => readNeededMedia(store, jobs),
      retentionMs: config.MEDIA_RETENTION_MS,
      maxTotalBytes: config.MEDIA_MAX_TOTAL_BYTES,
      metrics,
      logger,
    });
    const janitor = createJanitor({
      store,
      logger,
      metrics,
      leases,
      jobs,
      name: owner,
      workers: () => fleet.workers,
      intervalMs: config.JANITOR_INTERVAL_MS,
      countMs: COUNT_JOBS_MS,
      loggedOutGraceMs: config.LOGGED_OUT_GRACE_MS,
      sessionRetentionMs: config.CONTACT_RETENTION_MS,
      tendMedia,
    });
    lifecycle.onStop('janitor', () => janitor.stop());
    janitor.start();

    const health = createHealthServer({ port: config.WORKER_PORT, redis, metrics });
    lifecycle.onStop('health server', () => health.stop());
    const port = await health.start();
    logger.info('worker ready', { port, owner });
    return { port };
  };

  return { lifecycle, start, stop: () => lifecycle.stop() };
}

/** In sandbox mode credentials may be encrypted with a key everybody knows. @throws ConfigError */
function refuseSandboxKeyForWhatsapp(config: Config): void {
  if (config.SANDBOX_MODE && config.WHATSAPP_URL === undefined) {
    throw new ConfigError([
      'SANDBOX_MODE makes sense only with WHATSAPP_URL: this worker would connect to WhatsApp itself',
    ]);
  }
}
