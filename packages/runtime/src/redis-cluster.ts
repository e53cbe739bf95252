/** Connections to a Redis Cluster of the two tempers that `redis.ts` describes for one server. */
import { Cluster, type ClusterOptions, type Redis } from 'ioredis';
import { limitTime } from './command-deadline.js';
import type { RedisTarget } from './config/redis-target.js';
import { SECOND } from './durations.js';
import { gatherWrites } from './gather-writes.js';
import { markFailure } from './redis-failure.js';

type ClusterTarget = Extract<RedisTarget, { kind: 'cluster' }>;
type SendCommand = Parameters<Cluster['sendCommand']>;

/** Of those that ioredis hands its `handleError`, what sends the command again. */
interface ErrorHandlers {
  readonly connectionClosed: () => void;
}

/** Between tries while a master is away; five of them fit into the half second in which an ingress wants to answer. */
const RETRY_MS = 100;
const FAIL_FAST_TRIES = 5;
/** A promoted replica is found at the first refused command; this finds nodes that were added. */
const REFRESH_SLOTS_MS = 15 * SECOND;
/** Also how long a node that is gone without a word holds up the search for its successor. */
const NODE_CONNECT_TIMEOUT_MS = 2 * SECOND;

class GatheringCluster extends Cluster {
  constructor(target: ClusterTarget, options: ClusterOptions) {
    super([...target.nodes], options);
    this.on('+node', (node: Redis) => gatherWrites(node));
  }
}

/** Its failures can be recognised by `isRedisUnavailable`. */
export class FailFastCluster extends GatheringCluster {
  readonly #commandTimeoutMs: number;

  constructor(target: ClusterTarget, name: string, commandTimeoutMs: number) {
    super(target, {
      ...optionsFor(target, name, 0),
      enableOfflineQueue: false,
      maxRedirections: FAIL_FAST_TRIES,
    });
    this.#commandTimeoutMs = commandTimeoutMs;
  }

  override sendCommand(...[command, stream, node]: SendCommand): unknown {
    markFailure(command);
    limitTime(command, this.#commandTimeoutMs);
    return super.sendCommand(command, stream, node);
  }
}

/** Waits for a master to be back or replaced, however long that takes. */
export class PatientCluster extends GatheringCluster {
  constructor(target: ClusterTarget, name: string) {
    super(target, { ...optionsFor(target, name, null), maxRedirections: Infinity });
  }

  /** ioredis fails what was under way when the last node went; here it waits for the Cluster, as with one server. */
  override handleError(...[error, ttl, handlers]: Parameters<Cluster['handleError']>): void {
    const away = error.message === 'Connection is closed.' && this.status !== 'ready' && this.status !== 'end';
    if (away) setTimeout((handlers as ErrorHandlers).connectionClosed, RETRY_MS);
    else super.handleError(error, ttl, handlers);
  }
}

function optionsFor(target: ClusterTarget, name: string, maxRetriesPerRequest: number | null): ClusterOptions {
  return {
    lazyConnect: true,
    natMap: target.natMap,
    slotsRefreshInterval: REFRESH_SLOTS_MS,
    slotsRefreshTimeout: NODE_CONNECT_TIMEOUT_MS,
    retryDelayOnFailover: RETRY_MS,
    retryDelayOnClusterDown: RETRY_MS,
    retryDelayOnTryAgain: RETRY_MS,
    clusterRetryStrategy: (times) => Math.min(times * 50, 2 * SECOND) + Math.random() * 50,
    redisOptions: {
      ...target.access,
      ...(target.tls ? { tls: {} } : {}),
      connectionName: name,
      connectTimeout: NODE_CONNECT_TIMEOUT_MS,
      maxRetriesPerRequest,
    },
  };
}
