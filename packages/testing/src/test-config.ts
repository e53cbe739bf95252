import { randomUUID } from 'node:crypto';
import { type Config, loadConfig } from '@pombo/runtime';

/** Environment of one test: its own names in the run's Redis, short leases, everything else as in production. */
export function testEnvironment(overrides: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    ...('REDIS_URL' in overrides || 'REDIS_CLUSTER_NODES' in overrides ? {} : testRedis()),
    REDIS_PREFIX: `t-${randomUUID().slice(0, 13)}`,
    SANDBOX_MODE: 'true',
    LOG_LEVEL: 'error',
    HOST: '127.0.0.1',
    PORT: '0',
    WORKER_PORT: '0',
    WEBHOOK_PORT: '0',
    LEASE_TTL_MS: '3000',
    LEASE_RENEW_MS: '300',
    ...overrides,
  };
}

export function testConfig(overrides: Readonly<Record<string, string>> = {}): Config {
  return loadConfig(testEnvironment(overrides));
}

/** `TEST_REDIS_CLUSTER_NODES` has the tests run against a Cluster. */
function testRedis(): Record<string, string> {
  const nodes = process.env['TEST_REDIS_CLUSTER_NODES'];
  return nodes ? { REDIS_CLUSTER_NODES: nodes } : { REDIS_URL: testRedisUrl() };
}

/** The Redis that jest's global set-up started. */
export function testRedisUrl(): string {
  const url = process.env['TEST_REDIS_URL'];
  if (!url) throw new Error('TEST_REDIS_URL is not set: run the tests with npm test');
  return url;
}
