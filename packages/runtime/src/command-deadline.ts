import type { Command } from 'ioredis';

/**
 * Gives a command up after `timeoutMs`, with an error. Unlike ioredis' own `commandTimeout` it first looks at what has
 * arrived: in a process that was busy for so long, the answer may be there already, unread.
 */
export function limitTime(command: Command, timeoutMs: number): void {
  const { resolve, reject } = command;
  // Timers run before the sockets are read, immediates after.
  const timer = setTimeout(
    () => setImmediate(() => command.reject(new Error('Redis did not answer in time'))),
    timeoutMs,
  );
  command.resolve = (reply) => {
    clearTimeout(timer);
    resolve(reply);
  };
  command.reject = (error) => {
    clearTimeout(timer);
    reject(error);
  };
}
