/**
 * All of Pombo on this machine: Redis, the sandbox, one ingress, one worker, one webhooks app. Whatever is started pushes its undo, and
 * stopping walks them backwards.
 */
import { join } from 'node:path';
import { startRedis } from '../redis.mjs';
import { answers } from './api-client.mjs';
import { requireRedis } from './open-store.mjs';
import { ROOT } from './paths.mjs';
import { choosePort } from './ports.mjs';
import { createProcesses } from './processes.mjs';
import { expectedError } from './run-command.mjs';
import { waitUntil } from './wait-until.mjs';

const READY_DEADLINE_MS = 60_000;
const USUAL_PORTS = { PORT: 3000, WORKER_PORT: 3001, WEBHOOK_PORT: 3002, SANDBOX_CONTROL_PORT: 3100 };
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

const mainOf = (app) => join(ROOT, 'apps', app, 'dist', 'main.js');

/** Undos, newest first; each runs once, and after a failure the rest still run. */
export function createUndoStack() {
  const undos = [];
  return {
    push: (undo) => undos.push(undo),
    async run() {
      for (let undo = undos.pop(); undo; undo = undos.pop()) {
        try {
          await undo();
        } catch (error) {
          console.error(`While stopping: ${error.message}`);
        }
      }
    },
  };
}

/**
 * @param {object} options
 * @param {string} options.dataDir for Redis' files, media, logs and the sandbox's memory
 * @param {NodeJS.ProcessEnv} options.env the user's settings; they win over the usual ones
 * @param {boolean} options.anyPorts take free ports instead of the usual ones
 * @param {{ push: (undo: () => unknown) => void }} options.undos
 * @param {AbortSignal} options.signal ends the waiting
 * @param {AbortSignal} options.hurry kills what has not stopped yet
 * @param {(error: Error) => void} options.onDeath hears of a child that ended by itself
 * @param {(child: { pid: number, match: string }) => void} [options.onStart]
 */
export async function startLocalPombo({ dataDir, env, anyPorts, undos, signal, hurry, onDeath, onStart }) {
  const redisUrl = await provideRedis({ dataDir, env, undos, onDeath, onStart });
  const processes = createProcesses({ logDir: join(dataDir, 'logs'), onDeath, onStart });
  undos.push(() => processes.stop());
  hurry.addEventListener('abort', () => processes.killAll());

  const host = env.HOST?.trim() || '127.0.0.1';
  const port = (name) => choosePort(name, env[name] ?? (anyPorts ? '0' : undefined), USUAL_PORTS[name], host);
  const whatsapp = await provideWhatsApp({ dataDir, env, port, processes, signal });
  const childEnv = {
    ...env,
    ...whatsapp.env,
    REDIS_URL: redisUrl,
    HOST: host,
    PORT: String(await port('PORT')),
    WORKER_PORT: String(await port('WORKER_PORT')),
    WEBHOOK_PORT: String(await port('WEBHOOK_PORT')),
    MEDIA_DIR: env.MEDIA_DIR?.trim() || join(dataDir, 'media'),
  };
  const startApp = async (app, url) => {
    console.error(`Starting ${app}…`);
    processes.start(app, mainOf(app), childEnv);
    await waitUntil(`${app} to be ready`, () => answers(`${url}/health/ready`), {
      deadlineMs: READY_DEADLINE_MS,
      signal,
    });
  };
  const apiUrl = `http://${urlHost(host)}:${childEnv.PORT}`;
  const workerUrl = `http://127.0.0.1:${childEnv.WORKER_PORT}`;
  const webhooksUrl = `http://127.0.0.1:${childEnv.WEBHOOK_PORT}`;
  // In this order: the worker checks at its start that it sees the media folder the ingress writes to.
  await startApp('ingress', apiUrl);
  await startApp('worker', workerUrl);
  await startApp('webhooks', webhooksUrl);
  return { apiUrl, workerUrl, webhooksUrl, controlUrl: whatsapp.controlUrl, env: childEnv };
}

/** An address that means "everywhere" can be listened on but not called. */
const urlHost = (host) => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host);

async function provideRedis({ dataDir, env, undos, onDeath, onStart }) {
  const given = env.REDIS_URL?.trim();
  if (given) {
    await requireRedis({ REDIS_URL: given });
    return given;
  }
  console.error('Starting Redis…');
  let stopping = false;
  const redis = await startRedis({ dir: join(dataDir, 'redis'), detached: true });
  onStart?.({ pid: redis.pid, match: `:${redis.port}` });
  undos.push(() => {
    stopping = true;
    return redis.stop();
  });
  void redis.gone.then(() => stopping || onDeath(expectedError('Redis ended.')));
  return redis.url;
}

async function provideWhatsApp({ dataDir, env, port, processes, signal }) {
  const given = env.WHATSAPP_URL?.trim();
  if (given) {
    const isLocal = LOOPBACK.has(new URL(given).hostname);
    const mode = env.SANDBOX_MODE?.trim() || String(isLocal);
    return { env: { SANDBOX_MODE: mode }, controlUrl: env.SANDBOX_CONTROL_URL?.trim() };
  }
  console.error('Starting sandbox…');
  const sandbox = processes.start('sandbox', mainOf('sandbox'), {
    ...env,
    SANDBOX_WHATSAPP_PORT: env.SANDBOX_WHATSAPP_PORT ?? '0',
    SANDBOX_MEDIA_PORT: env.SANDBOX_MEDIA_PORT ?? '0',
    SANDBOX_CONTROL_PORT: String(await port('SANDBOX_CONTROL_PORT')),
    SANDBOX_STATE_FILE: env.SANDBOX_STATE_FILE ?? join(dataDir, 'sandbox.json'),
  });
  let ready;
  void sandbox.event('ready').then((said) => (ready = said));
  await waitUntil('the sandbox to be ready', () => Promise.resolve(ready), { deadlineMs: READY_DEADLINE_MS, signal });
  return {
    env: {
      SANDBOX_MODE: 'true',
      WHATSAPP_URL: ready.whatsappUrl,
      WHATSAPP_ROOT_KEY: ready.rootKeyHex,
      WHATSAPP_TLS_CA: ready.tlsCaPem,
    },
    controlUrl: ready.controlUrl,
  };
}
