/** The built store over `REDIS_URL`, for the operator's commands and the demo tenant. */
import { randomBytes } from 'node:crypto';
import { builtEntry } from './paths.mjs';
import { expectedError } from './run-command.mjs';

const COMMAND_TIMEOUT_MS = 5_000;

/** Tenants and tokens hold nothing encrypted, so a command that touches only them works without the operator's key. */
const withAnyKey = (env) => ({
  ...env,
  SESSION_ENCRYPTION_KEY: env.SESSION_ENCRYPTION_KEY?.trim() || randomBytes(32).toString('hex'),
});

/** What may be shown of a Redis URL. */
export function withoutPassword(url) {
  const shown = new URL(url);
  if (shown.password) shown.password = '…';
  return decodeURI(shown.href);
}

/** @param {import('@pombo/runtime').RedisTarget} target */
function whereabouts(target) {
  if (target.kind === 'single') return withoutPassword(target.url);
  const nodes = target.kind === 'cluster' ? target.nodes : target.sentinels;
  return nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ store: import('@pombo/store').Store, close: () => void }>}
 */
export async function openStore(env) {
  const { ConfigError, createFailFastRedis, loadConfig, silentLogger } = await import(builtEntry('packages/runtime'));
  const { createStore } = await import(builtEntry('packages/store'));
  let config;
  try {
    config = loadConfig(withAnyKey(env));
  } catch (error) {
    throw error instanceof ConfigError ? expectedError(error.message) : error;
  }
  const redis = createFailFastRedis({
    target: config.REDIS,
    name: 'pombo-admin',
    logger: silentLogger,
    commandTimeoutMs: COMMAND_TIMEOUT_MS,
  });
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw expectedError(`Redis at ${whereabouts(config.REDIS)} does not answer: ${error.message}`);
  }
  return { store: createStore(redis, config), close: () => redis.disconnect() };
}

/** @throws one readable line when `REDIS_URL` does not answer. */
export async function requireRedis({ REDIS_URL }) {
  const { close } = await openStore({ REDIS_URL });
  close();
}

/** Removes every key of a prefix; for runs that leave nothing behind. */
export async function removeKeys({ REDIS_URL, REDIS_PREFIX }) {
  const { store, close } = await openStore({ REDIS_URL, REDIS_PREFIX });
  try {
    for await (const keys of store.redis.scanStream({ match: `${REDIS_PREFIX}:*`, count: 500 })) {
      if (keys.length > 0) await store.redis.unlink(...keys);
    }
  } finally {
    close();
  }
}
