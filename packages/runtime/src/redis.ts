/**
 * Redis connections of two tempers: the HTTP side fails fast, so that a client hears 503 in under a second; the worker
 * side waits for ever, so that a restart of Redis costs nothing but time.
 */
import type { Writable } from 'node:stream';
import { Redis, type RedisOptions as LibraryOptions } from 'ioredis';
import { limitTime } from './command-deadline.js';
import { SECOND } from './durations.js';
import { describeError, type Logger } from './logger.js';
import { markFailure } from './redis-failure.js';

export type { Redis } from 'ioredis';

export interface RedisOptions {
  readonly url: string;
  /** Shown in `CLIENT LIST`. */
  readonly name: string;
  readonly logger: Logger;
}

const MAX_RECONNECT_MS = 2 * SECOND;
/** 50, 100, 150 … 2,000 ms, each plus up to 50 ms so that a fleet does not knock in step. */
const reconnectDelayMs = (times: number): number => Math.min(times * 50, MAX_RECONNECT_MS) + Math.random() * 50;

/**
 * What everyone asks of it in one turn of the event loop leaves in one write, which costs the process and Redis a system
 * call instead of one each.
 */
class GatheringRedis extends Redis {
  #gathering: Writable | undefined;

  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    this.#gather();
    return super.sendCommand(command, stream);
  }

  #gather(): void {
    const { stream } = this as unknown as { readonly stream: Writable | undefined };
    if (!stream || stream === this.#gathering) return;
    this.#gathering = stream;
    stream.cork();
    setImmediate(() => {
      this.#gathering = undefined;
      stream.uncork();
    });
  }
}

/** Its failures can be recognised by `isRedisUnavailable`. */
class FailFastRedis extends GatheringRedis {
  constructor(
    url: string,
    options: LibraryOptions,
    private readonly commandTimeoutMs: number,
  ) {
    super(url, options);
  }

  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    markFailure(command);
    limitTime(command, this.commandTimeoutMs);
    return super.sendCommand(command, stream);
  }
}

/** For the HTTP side: no queueing while offline, every command answered or failed within `commandTimeoutMs`. */
export function createFailFastRedis({
  url,
  name,
  logger,
  commandTimeoutMs,
}: RedisOptions & { commandTimeoutMs: number }): Redis {
  const options = {
    connectionName: name,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 5 * SECOND,
    retryStrategy: reconnectDelayMs,
    // A failover leaves this connection on a replica; the failed command is the client's to repeat.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    lazyConnect: true,
  };
  return withLogging(new FailFastRedis(url, options, commandTimeoutMs), name, logger);
}

/** For workers: commands wait until Redis is back. BullMQ requires `maxRetriesPerRequest: null` of its workers. */
export function createPatientRedis({ url, name, logger }: RedisOptions): Redis {
  const redis = new GatheringRedis(url, {
    connectionName: name,
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: reconnectDelayMs,
    lazyConnect: true,
    // A failover leaves this connection on a replica; reconnecting finds the new master and sends the command again.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  });
  return withLogging(redis, name, logger);
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
