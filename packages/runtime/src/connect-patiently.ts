import type { Redis } from './redis.js';

/**
 * Connects, however long Redis is away: ioredis goes on trying, yet has its `connect` fail with the first attempt, so
 * that a process that is started while Redis restarts would end.
 * @throws what Redis answered if it refused us (a wrong password, say), or an error if the connection was given up.
 */
export async function connectPatiently(redis: Redis): Promise<void> {
  let forget: () => void = () => undefined;
  const settled = new Promise<void>((resolve, reject) => {
    const ready = (): void => resolve();
    const ended = (): void => reject(new Error('the connection to Redis was given up before it was there'));
    const failed = (error: unknown): void => {
      if (error instanceof Error && error.name === 'ReplyError') reject(error);
    };
    redis.on('ready', ready).on('end', ended).on('error', failed);
    forget = () => void redis.off('ready', ready).off('end', ended).off('error', failed);
  });
  // Its failures are heard as events, those of later attempts too.
  redis.connect().catch(() => undefined);
  await settled.finally(forget);
}
