/**
 * Keeps an eye on Redis' memory. A full Redis (`noeviction`) refuses every write, the sessions' keys among them, and
 * with them every message already queued; so new ones are refused while there is still room.
 */
import { describeError, type Logger, mastersOf, type Redis, SECOND } from '@pombo/runtime';

const CHECK_MS = SECOND;
const NOTHING = { usedBytes: 0, limit: 0 };

const fullness = ({ usedBytes, limit }: { usedBytes: number; limit: number }): number =>
  limit > 0 ? usedBytes / limit : 0;

export interface MemoryWatch {
  /** Looks once, then every second. */
  start(): Promise<void>;
  stop(): void;
  /** No more messages should be stored. */
  readonly full: boolean;
}

export interface MemoryWatchOptions {
  readonly redis: Redis;
  readonly highWaterPercent: number;
  /** Counts where Redis has no `maxmemory`; 0 for none. */
  readonly limitBytes: number;
  readonly logger: Logger;
}

export function createMemoryWatch({ redis, highWaterPercent, limitBytes, logger }: MemoryWatchOptions): MemoryWatch {
  let timer: NodeJS.Timeout | undefined;
  let full = false;
  let checking = false;

  const check = async (): Promise<void> => {
    const servers = await Promise.all(mastersOf(redis).map(async (server) => readMemory(await server.info('memory'))));
    const fills = servers.map(({ usedBytes, maxBytes }) => ({
      usedBytes,
      limit: maxBytes > 0 ? maxBytes : limitBytes,
    }));
    // Of a Cluster, the fullest master: its devices cannot go elsewhere.
    const [{ usedBytes, limit } = NOTHING] = fills.sort((one, other) => fullness(other) - fullness(one));
    const nowFull = limit > 0 && usedBytes >= (limit * highWaterPercent) / 100;
    if (nowFull === full) return;
    full = nowFull;
    if (full) logger.error('redis is nearly full: no more messages are accepted', { usedBytes, limitBytes: limit });
    else logger.info('redis has room again: messages are accepted', { usedBytes, limitBytes: limit });
  };
  /** What was last seen stands while Redis does not answer; nothing can be accepted then anyway. */
  const tick = (): void => {
    if (checking) return;
    checking = true;
    check()
      .catch((error: unknown) => logger.debug('the memory of redis was not read', describeError(error)))
      .finally(() => (checking = false));
  };

  return {
    async start() {
      await check();
      timer = setInterval(tick, CHECK_MS);
    },
    stop: () => clearInterval(timer),
    get full() {
      return full;
    },
  };
}

/** @param info of Redis. Buffers of replicas and AOF do not count against `maxmemory`, so neither do they here. */
function readMemory(info: string): { usedBytes: number; maxBytes: number } {
  const figure = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return { usedBytes: figure('used_memory') - figure('mem_not_counted_for_evict'), maxBytes: figure('maxmemory') };
}
