/**
 * `npm test [-- JEST OPTIONS]`: every test, against a real Redis and with the real Baileys talking to the sandbox. May
 * be the first command on a fresh machine.
 */
import { join } from 'node:path';
import { findRedisServer } from './redis.mjs';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { ROOT } from './lib/paths.mjs';
import { failWith, runCommand } from './lib/run-command.mjs';

const JEST = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
/** Jest passes Node's own options on to its workers: they load TypeScript with tsx, which finds our packages' sources by this file. */
const NODE_OPTIONS = ['--import', 'tsx'];
const TSX_CONFIG = join(ROOT, 'test', 'setup', 'native', 'tsconfig.json');

/** Tests use names of their own, so they can share a running Redis; otherwise jest's global setup starts one. */
function testEnvironment() {
  const env = { ...process.env, TSX_TSCONFIG_PATH: TSX_CONFIG };
  const running = process.env.TEST_REDIS_URL ?? process.env.REDIS_URL;
  if (running) return { ...env, TEST_REDIS_URL: running };
  findRedisServer();
  return env;
}

try {
  await ensureInstalled();
  const env = testEnvironment();
  // Child processes in tests run what is built here; whether the tests themselves have sound types, `npm run check` says.
  await ensureBuilt(['packages/testing', 'apps/ingress', 'apps/worker', 'apps/webhooks', 'apps/sandbox']);
  process.exitCode = await runCommand(process.execPath, [...NODE_OPTIONS, JEST, ...process.argv.slice(2)], {
    env,
    toStdout: true,
  });
} catch (error) {
  failWith(error);
}
