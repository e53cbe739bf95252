/**
 * How long one request may wait for Redis in all. Every command has its own time limit, but a Redis that is slow rather
 * than silent would let a request that needs several of them wait for their sum.
 */

/** What several commands may take together beyond the limit of one. */
const ALLOWANCE_MS = 200;

export interface RedisBudget {
  /** @throws RedisTooSlowError when the budget runs out before `work` is done; what `work` comes to is then ignored. */
  spend<T>(work: Promise<T>): Promise<T>;
}

/** All commands of a request together took too long. */
export class RedisTooSlowError extends Error {
  constructor() {
    super('redis took too long over the commands of one request');
    this.name = 'RedisTooSlowError';
  }
}

/** @param commandTimeoutMs after which the connection gives up a command by itself. */
export function createRedisBudget(commandTimeoutMs: number): RedisBudget {
  let leftMs = commandTimeoutMs + ALLOWANCE_MS;
  return {
    async spend(work) {
      const startedAt = performance.now();
      try {
        // The usual case needs no timer: the command's own is the earlier one.
        return await (leftMs >= commandTimeoutMs ? work : within(work, leftMs));
      } finally {
        leftMs -= performance.now() - startedAt;
      }
    },
  };
}

async function within<T>(work: Promise<T>, leftMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // An immediate, since the answer may have arrived while the process was busy: timers run before sockets are read.
    timer = setTimeout(() => setImmediate(() => reject(new RedisTooSlowError())), Math.max(0, leftMs));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
