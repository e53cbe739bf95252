/**
 * Redis connections of two tempers: the HTTP side fails fast, so that a client hears 503 in under a second; the worker
 * side waits for ever, so that a restart of Redis costs nothing but time.
 */
import { Cluster, Redis, type RedisOptions as LibraryOptions } from 'ioredis';
import { limitTime } from './command-deadline.js';
import type { RedisTarget } from './config/redis-target.js';
import { SECOND } from './durations.js';
import { gatherWrites } from './gather-writes.js';
import { describeError, type Logger } from './logger.js';
import { FailFastCluster, PatientCluster } from './redis-cluster.js';
import { markFailure } from './redis-failure.js';
import { SteadySentinelConnector } from './steady-sentinel-connector.js';

export type { Redis } from 'ioredis';

export interface RedisOptions {
  readonly target: RedisTarget;
  /** Shown in `CLIENT LIST`. */
  readonly name: string;
  readonly logger: Logger;
}

const MAX_RECONNECT_MS = 2 * SECOND;
/** 50, 100, 150 … 2,000 ms, each plus up to 50 ms so that a fleet does not knock in step. */
const reconnectDelayMs = (times: number): number => Math.min(times * 50, MAX_RECONNECT_MS) + Math.random() * 50;

/** Its failures can be recognised by `isRedisUnavailable`. */
class FailFastRedis extends Redis {
  constructor(
    options: LibraryOptions,
    private readonly commandTimeoutMs: number,
  ) {
    super(options);
  }

  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    markFailure(command);
    limitTime(command, this.commandTimeoutMs);
    return super.sendCommand(command, stream);
  }
}

/**
 * For the HTTP side: no queueing while offline, every command answered or failed within `commandTimeoutMs`. A Cluster
 * passes for a `Redis`: it has the same commands, for keys of one slot at a time; what concerns every server goes
 * through `mastersOf`.
 */
export function createFailFastRedis({
  target,
  name,
  logger,
  commandTimeoutMs,
}: RedisOptions & { commandTimeoutMs: number }): Redis {
  if (target.kind === 'cluster') return asRedis(new FailFastCluster(target, name, commandTimeoutMs), name, logger);
  const options = {
    ...whereabouts(target),
    connectionName: name,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 5 * SECOND,
    retryStrategy: reconnectDelayMs,
    // A failover leaves this connection on a replica; the failed command is the client's to repeat.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    lazyConnect: true,
  };
  return ready(new FailFastRedis(options, commandTimeoutMs), name, logger);
}

/** For workers: commands wait until Redis is back. BullMQ requires `maxRetriesPerRequest: null` of its workers. */
export function createPatientRedis({ target, name, logger }: RedisOptions): Redis {
  if (target.kind === 'cluster') return asRedis(new PatientCluster(target, name), name, logger);
  const redis = new Redis({
    ...whereabouts(target),
    connectionName: name,
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: reconnectDelayMs,
    lazyConnect: true,
    // A failover leaves this connection on a replica; reconnecting finds the new master and sends the command again.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  });
  return ready(redis, name, logger);
}

/** How long a Sentinel may take to answer before the next one is asked. */
const SENTINEL_TIMEOUT_MS = SECOND;

function whereabouts(target: Exclude<RedisTarget, { kind: 'cluster' }>): LibraryOptions {
  if (target.kind === 'single') return optionsOfUrl(target.url);
  const { username, password } = target.sentinelAccess;
  return {
    sentinels: target.sentinels.map((node) => ({ ...node })),
    name: target.master,
    ...target.access,
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(target.tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    sentinelRetryStrategy: reconnectDelayMs,
    sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
    // Sentinels say when another server has become the master: commands to the old one are not waited for.
    failoverDetector: true,
    Connector: SteadySentinelConnector,
  };
}

/** ioredis reads a URL only as an argument of its own, and without connecting here. */
const optionsOfUrl = (url: string): LibraryOptions => new Redis(url, { lazyConnect: true }).options;

/** The one place where a Cluster is said to be a `Redis`. */
const asRedis = (cluster: Cluster, name: string, logger: Logger): Redis =>
  withLogging(cluster as unknown as Redis, name, logger);

function ready(redis: Redis, name: string, logger: Logger): Redis {
  gatherWrites(redis);
  return withLogging(redis, name, logger);
}

const clusterOf = (redis: object): Cluster | undefined => (redis instanceof Cluster ? redis : undefined);

/** Every server that holds keys: the one, or the masters of a Cluster. */
export function mastersOf(redis: Redis): Redis[] {
  return clusterOf(redis)?.nodes('master') ?? [redis];
}

/** Calls `listener` whenever commands may have been sent again because a connection was made anew. @returns its undo. */
export function onReconnect(redis: Redis, listener: () => void): () => void {
  redis.on('ready', listener);
  const onNode = (node: Redis): void => void node.on('ready', listener);
  const cluster = clusterOf(redis);
  if (!cluster) return () => void redis.off('ready', listener);
  for (const node of cluster.nodes()) onNode(node);
  cluster.on('+node', onNode);
  return () => {
    cluster.off('ready', listener);
    cluster.off('+node', onNode);
    for (const node of cluster.nodes()) node.off('ready', listener);
  };
}

/** ioredis emits `error` for every failed reconnect; unheard it would end the process. */
function withLogging(redis: Redis, name: string, logger: Logger): Redis {
  let down = false;
  redis.on('error', (error: unknown) => {
    if (!down) logger.warn('redis connection lost', { connection: name, ...describeError(error) });
    down = true;
  });
  redis.on('ready', () => {
    if (down) logger.info('redis connection back', { connection: name });
    down = false;
  });
  return redis;
}

/** What is wrong with a Redis that is to hold messages: no persistence, or keys may be evicted. Empty when fit. */
export async function findRedisProblems(redis: Redis): Promise<string[]> {
  const masters = mastersOf(redis);
  if (!clusterOf(redis)) return findServerProblems(redis);
  const found = await Promise.all(masters.map((master) => findServerProblems(master).catch(couldNotBeAsked)));
  return found.flatMap((problems, index) => problems.map((problem) => `${addressOf(masters[index])}: ${problem}`));
}

const addressOf = (redis: Redis | undefined): string => `${redis?.options.host}:${redis?.options.port}`;

/** One that is away just now is replaced by another; that is no reason not to start. */
const couldNotBeAsked = (error: unknown): string[] => [
  `could not be asked about its persistence (${error instanceof Error ? error.message : String(error)})`,
];

async function findServerProblems(redis: Redis): Promise<string[]> {
  const info = await redis.info('persistence');
  const memory = await redis.info('memory');
  const problems: string[] = [];
  if (!/^aof_enabled:1/m.test(info))
    problems.push('appendonly is off: accepted messages would not survive a restart of Redis');
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    problems.push(`maxmemory-policy is ${policy}: under memory pressure Redis would drop messages; set noeviction`);
  }
  return problems;
}
