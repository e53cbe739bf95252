/**
 * Child processes of `npm start`: each one's output goes to a log file, warnings and errors also to the terminal; they
 * stop newest first, and one that ends by itself ends the whole.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { ROOT, shownPath } from './paths.mjs';

/** Longer than the apps' own SHUTDOWN_TIMEOUT_MS would be long to wait at a terminal. */
const STOP_TIMEOUT_MS = 10_000;
const LAST_LINES = 15;
const TOLD = new Set(['warn', 'error']);

/**
 * @param {{ logDir: string, onDeath: (error: Error) => void, onStart?: (child: { pid: number, match: string }) => void }}
 *   options `onDeath` hears, once, of a child that ended without being asked to.
 */
export function createProcesses({ logDir, onDeath, onStart = () => undefined }) {
  mkdirSync(logDir, { recursive: true });
  const children = [];
  let stopping = false;

  const startOne = (name, script, env) => {
    const logFile = join(logDir, `${name}.log`);
    const log = createWriteStream(logFile, { mode: 0o600 });
    // A process group of its own: Ctrl-C at the terminal reaches only us, and we stop the children in order.
    const child = spawn(process.execPath, [script], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const started = { name, child, last: [], exited: false, gone: undefined };
    const listeners = new Set();
    const onLine = (line) => {
      log.write(`${line}\n`);
      started.last.push(line);
      if (started.last.length > LAST_LINES) started.last.shift();
      tellTrouble(name, line);
      for (const listener of listeners) listener(line);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
    started.gone = new Promise((resolve) => {
      child.once('close', (status, signal) => {
        started.exited = true;
        log.end();
        resolve();
        if (!stopping) onDeath(deathOf(started, logFile, signal ?? `status ${status}`));
      });
    });
    child.once('error', (error) => onDeath(new Error(`${name} could not be started: ${error.message}`)));
    children.push(started);
    if (child.pid !== undefined) onStart({ pid: child.pid, match: script });
    return {
      /** @returns {Promise<object>} the first JSON line with this `event`. */
      event: (event) =>
        new Promise((resolve) => {
          const listener = (line) => {
            const said = parseLine(line);
            if (said?.event !== event) return;
            listeners.delete(listener);
            resolve(said);
          };
          listeners.add(listener);
        }),
    };
  };

  return {
    start: startOne,
    /** Asks each child to stop, newest first, and kills what has not stopped in time. */
    async stop() {
      stopping = true;
      for (const { name, child, exited, gone } of children.splice(0).reverse()) {
        if (exited) continue;
        child.kill('SIGTERM');
        if (await Promise.race([gone.then(() => true), pause(STOP_TIMEOUT_MS, false, { ref: false })])) continue;
        console.error(`${name} did not stop within ${STOP_TIMEOUT_MS / 1000} s and is killed.`);
        child.kill('SIGKILL');
        await gone;
      }
    },
    /** For a second Ctrl-C: no more waiting. */
    killAll() {
      stopping = true;
      for (const { child, exited } of children) if (!exited) child.kill('SIGKILL');
    },
  };
}

function deathOf({ name, last }, logFile, how) {
  const lines = last.map((line) => `  ${line}`).join('\n');
  return Object.assign(new Error(`${name} ended (${how}). Its last lines, from ${shownPath(logFile)}:\n${lines}`), {
    expected: true,
  });
}

function parseLine(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function tellTrouble(name, line) {
  const said = parseLine(line);
  if (!TOLD.has(said?.level)) return;
  const why = [said.error, said.problem].filter((part) => typeof part === 'string').join(', ');
  console.error(`[${name}] ${said.level}: ${said.message}${why ? ` (${why})` : ''}`);
}
