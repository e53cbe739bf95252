/** One real Redis for the whole test run; each test owns its names in it. `REDIS_URL` uses a running one instead. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../../scripts/redis.mjs';

export default async function startTestRedis() {
  if (process.env.TEST_REDIS_URL) return;
  const redis = await startRedis({ dir: mkdtempSync(join(tmpdir(), 'pombo-test-redis-')) });
  process.env.TEST_REDIS_URL = redis.url;
  globalThis.pomboTestRedis = redis;
}
