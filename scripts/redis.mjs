/**
 * Finds, installs or starts a Redis for `npm start`, the tests and the benchmark. Plain JavaScript without
 * dependencies, because it runs before anything is installed or built.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';

const SERVERS = ['redis-server', 'valkey-server'];
/** Redis writes its last data before it ends. */
const STOP_TIMEOUT_MS = 10_000;
const HELP =
  'No Redis found. Set REDIS_URL to a running Redis, or install one (for example: apt-get install redis-server) and try again.';

function onPath(name) {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      continue;
    }
  }
  return undefined;
}

function runQuietly(command, args) {
  const result = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return result.status === 0;
}

/** Installs redis-server with apt where that asks no question: as root, or with `sudo -n`. */
function installWithApt() {
  if (!existsSync('/etc/debian_version')) return false;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !runQuietly('sudo', ['-n', 'true'])) return false;
  const apt = (args) => (isRoot ? runQuietly('apt-get', args) : runQuietly('sudo', ['-n', 'apt-get', ...args]));
  console.error('Installing redis-server with apt-get (once)…');
  // Debian's package starts a service of its own where an init system runs; ours uses another port, so both can live.
  return (
    apt(['install', '-y', '-qq', 'redis-server']) ||
    (apt(['update', '-qq']) && apt(['install', '-y', '-qq', 'redis-server']))
  );
}

/** @returns {string} path of a Redis-compatible server. Throws one line that says what to do. */
export function findRedisServer() {
  const find = () => SERVERS.map(onPath).find((path) => path !== undefined);
  const found = find() ?? (installWithApt() ? find() : undefined);
  if (!found) throw new Error(HELP);
  return found;
}

/** @returns {Promise<number>} a TCP port on loopback that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answersPing(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.setTimeout(500);
    const finish = (ok) => {
      socket.destroy();
      resolve(ok);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (bytes) => finish(bytes.toString().startsWith('+PONG')));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}

/**
 * Starts a Redis on loopback with AOF on and nothing evicted, as Pombo needs it.
 * @param {{ dir: string, port?: number, detached?: boolean, args?: readonly string[] }} options `dir` keeps its data;
 *   `args` are added to the server's.
 * @returns {Promise<{ url: string, port: number, pid: number, gone: Promise<void>, stop: () => Promise<void> }>}
 *   `gone` resolves when it has ended, asked or not.
 */
export async function startRedis({ dir, port, detached = false, args: more = [] }) {
  const server = findRedisServer();
  mkdirSync(dir, { recursive: true });
  const chosen = port ?? (await freePort());
  const args = ['--port', String(chosen), '--bind', '127.0.0.1', '--dir', dir, '--appendonly', 'yes'];
  args.push(
    '--maxmemory-policy',
    'noeviction',
    '--save',
    '',
    '--loglevel',
    'warning',
    '--logfile',
    resolve(dir, 'redis.log'),
    ...more,
  );
  // Detached it may outlive us, and must not hold on to a pipe that someone reads our errors from.
  const child = spawn(server, args, { stdio: ['ignore', 'ignore', detached ? 'ignore' : 'inherit'], detached });
  let exited = false;
  const gone = new Promise((resolve) =>
    child.once('exit', () => {
      exited = true;
      resolve();
    }),
  );
  for (let tries = 0; tries < 200; tries += 1) {
    if (exited) throw new Error(`redis-server ended while starting (port ${chosen}); see ${join(dir, 'redis.log')}.`);
    if (await answersPing(chosen)) {
      const stop = async () => {
        if (!exited) child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
        await gone;
        clearTimeout(timer);
      };
      return { url: `redis://127.0.0.1:${chosen}`, port: chosen, pid: child.pid, gone, stop };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error('redis-server did not answer within 10 s.');
}

/** Version line of the server, for messages. */
export function redisVersion() {
  return execFileSync(findRedisServer(), ['--version']).toString().trim();
}
