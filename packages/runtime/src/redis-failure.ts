/**
 * Tells a Redis that is away, silent or refusing from every other error. ioredis throws plain errors for most of these,
 * which only their words would tell apart; so they are marked at the one place all commands pass.
 */
import type { Command } from 'ioredis';

const marked = new WeakSet<object>();

/** First word of an error reply: Redis' own code for a state in which it takes no commands, or no writes. */
const REFUSALS: ReadonlySet<string> = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOAUTH',
  'NOREPLICAS',
  'OOM',
  'READONLY',
  'TRYAGAIN',
]);

const isReply = (error: Error): boolean => error.name === 'ReplyError';

/** Remembers whatever the command fails with, unless Redis itself answered the error. */
export function markFailure(command: Command): void {
  const reject = command.reject;
  command.reject = (error) => {
    if (!isReply(error)) marked.add(error);
    reject(error);
  };
}

/**
 * Whether a command failed because Redis could not be reached, did not answer in time, or takes no commands now. Knows
 * only errors of connections made by `createFailFastRedis`.
 */
export function isRedisUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!isReply(error)) return marked.has(error);
  return REFUSALS.has(error.message.split(' ', 1)[0] ?? '');
}
