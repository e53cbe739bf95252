/**
 * What a benchmark works in: a folder, a Redis of its own (append-only file on, written to disk every second), and the
 * processes it starts. They write their output to files and not through us, which would cost what is to be measured.
 */
import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { answers } from '../../../scripts/lib/api-client.mjs';
import { openStore } from '../../../scripts/lib/open-store.mjs';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { waitUntil } from '../../../scripts/lib/wait-until.mjs';
import { freePort, startRedis } from '../../../scripts/redis.mjs';

const START_MS = 60_000;
const STOP_MS = 10_000;
const LAST_LINES = 15;

/** @typedef {Awaited<ReturnType<typeof openWorkshop>>} Workshop */

/** @param {(why: string) => void} fail hears of a process that ended by itself. */
export async function openWorkshop(undos, fail) {
  const dir = await mkdtemp(join(tmpdir(), 'pombo-bench-'));
  undos.push(() => rm(dir, { recursive: true, force: true }));
  const redis = await startRedis({ dir: join(dir, 'redis') });
  undos.push(() => redis.stop());
  const env = {
    PATH: process.env.PATH,
    REDIS_URL: redis.url,
    SANDBOX_MODE: 'true',
    SESSION_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    HOST: '127.0.0.1',
    MEDIA_DIR: join(dir, 'media'),
    // More wait here than a production device should let.
    DEVICE_MAX_WAITING: '1000000',
    TENANT_MAX_WAITING: '1000000',
  };

  const watch = (name, child, logFile) => {
    const state = { asked: false };
    const gone = once(child, 'exit').then(([code, signal]) => {
      if (!state.asked) fail(`${name} ended by itself (${signal ?? code}):\n${lastLines(logFile)}`);
    });
    const stop = async () => {
      state.asked = true;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await gone;
      clearTimeout(late);
    };
    undos.push(stop);
    return stop;
  };

  const logged = (name) => {
    const file = join(dir, `${name}.log`);
    const fd = openSync(file, 'a');
    return { file, fd, close: () => closeSync(fd) };
  };

  return {
    dir,
    redis,
    env,

    /** Starts an app and waits until it is ready. @param portName the setting that says where it listens. */
    async startApp(name, app, portName, settings = {}) {
      const port = await freePort();
      const log = logged(name);
      const script = join(ROOT, 'apps', app, 'dist', 'main.js');
      const child = spawn(process.execPath, [script], {
        cwd: dir,
        env: { ...env, ...settings, [portName]: String(port) },
        stdio: ['ignore', log.fd, log.fd],
      });
      log.close();
      const stop = watch(name, child, log.file);
      const url = `http://127.0.0.1:${port}`;
      await waitUntil(`${name} to be ready`, () => answers(`${url}/health/ready`), {
        deadlineMs: START_MS,
        everyMs: 50,
      });
      return { pid: child.pid, url, stop };
    },

    /** @returns the sandbox's own line that says where it is. */
    async startSandbox(settings = {}) {
      const log = logged('sandbox');
      const child = spawn(process.execPath, [join(ROOT, 'apps', 'sandbox', 'dist', 'main.js')], {
        env: { PATH: env.PATH, ...settings },
        stdio: ['ignore', log.fd, log.fd],
      });
      log.close();
      watch('sandbox', child, log.file);
      const readLine = async () => /^\{"event":"ready".*\}$/m.exec(readFileSync(log.file, 'utf8'))?.[0];
      const line = await waitUntil('the sandbox', readLine, { deadlineMs: START_MS, everyMs: 50 });
      return { pid: child.pid, ...JSON.parse(line) };
    },

    /** Starts a script of `sides/`, which does as it is told over IPC. @returns {Promise<Helper>} */
    async startHelper(name, settings = {}) {
      const log = logged(name);
      const child = fork(join(ROOT, 'test', 'bench', 'sides', `${name}.mjs`), {
        env: { PATH: env.PATH, ...settings },
        stdio: ['ignore', log.fd, log.fd, 'ipc'],
        serialization: 'advanced',
      });
      log.close();
      const stop = watch(name, child, log.file);
      const answer = async () => {
        const [message] = await once(child, 'message');
        if (message.failed) throw new Error(`${name}: ${message.failed}`);
        return message.result;
      };
      const ready = await answer();
      const ask = (order) => {
        const answered = answer();
        child.send(order);
        return answered;
      };
      return { pid: child.pid, ready, ask, stop };
    },

    async openStore() {
      const { store, close } = await openStore(env);
      undos.push(close);
      return store;
    },

    onClose: (undo) => undos.push(undo),
  };
}

function lastLines(file) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.slice(-LAST_LINES).join('\n');
}
