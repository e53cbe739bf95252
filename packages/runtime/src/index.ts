export * from './batcher.js';
export * from './config/load-config.js';
export * from './config/settings.js';
export * from './durations.js';
export * from './lifecycle.js';
export * from './logger.js';
export * from './metrics.js';
export * from './redis.js';
export { isRedisUnavailable } from './redis-failure.js';
