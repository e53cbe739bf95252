/**
 * How long one request may wait for Redis in all: as long as for one command. Every command has its own time limit, but
 * a Redis that is slow rather than silent would let a request that needs several of them wait for their sum.
 */

export interface RedisBudget {
  /**
   * @param work any number of commands, one after the other or together.
   * @throws RedisTooSlowError when the budget runs out before `work` is done; what `work` comes to is then ignored.
   */
  spend<T>(work: Promise<T>): Promise<T>;
  /**
   * For the last command a request needs: its own time limit is enough when it is the only one.
   * @throws RedisTooSlowError as `spend`
   */
  spendOnLast<T>(command: Promise<T>): Promise<T>;
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
  let leftMs = commandTimeoutMs;
  const spend = async <T>(work: Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    try {
      return await within(work, leftMs);
    } finally {
      leftMs -= performance.now() - startedAt;
    }
  };
  return {
    spend,
    spendOnLast: (command) => (leftMs === commandTimeoutMs ? command : spend(command)),
  };
}

function within<T>(work: Promise<T>, leftMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    // An immediate, since the answer may have arrived while the process was busy: timers run before sockets are read.
    const giveUp = (): void => void setImmediate(() => reject(new RedisTooSlowError()));
    const timer = setTimeout(giveUp, Math.max(0, leftMs));
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
