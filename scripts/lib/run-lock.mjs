/**
 * One `npm start` per data folder: two Redis servers on one append-only file would ruin it. The lock also remembers the
 * processes of a run, so that what a killed run left behind is ended by the next one.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedError } from './run-command.mjs';
import { waitUntil } from './wait-until.mjs';

const LEFTOVER_TIMEOUT_MS = 10_000;

/** Tells whether a process id is still the process we mean, since ids are used again. */
function commandLineOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  }
}

const isRunning = ({ pid, match }) => commandLineOf(pid).includes(match);

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

async function endLeftover(child) {
  if (!isRunning(child)) return;
  process.kill(child.pid, 'SIGTERM');
  const gone = async () => (isRunning(child) ? undefined : true);
  try {
    await waitUntil('a process of an earlier run', gone, { deadlineMs: LEFTOVER_TIMEOUT_MS });
  } catch {
    process.kill(child.pid, 'SIGKILL');
    await waitUntil('a killed process of an earlier run', gone, { deadlineMs: LEFTOVER_TIMEOUT_MS });
  }
}

/**
 * @param {string} dataDir
 * @returns {Promise<{ add: (child: { pid: number, match: string }) => void, release: () => void }>}
 */
export async function takeRunLock(dataDir) {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'run.json');
  const earlier = readLock(path);
  if (earlier && earlier.owner.pid !== process.pid && isRunning(earlier.owner)) {
    throw expectedError(`npm start is already running here (process ${earlier.owner.pid}); stop it first.`);
  }
  // Newest first, as a run stops its children: Redis last.
  for (const child of (earlier?.children ?? []).reverse()) await endLeftover(child);
  const lock = { owner: { pid: process.pid, match: 'start.mjs' }, children: [] };
  const save = () => writeFileSync(path, JSON.stringify(lock));
  save();
  return {
    add(child) {
      lock.children.push(child);
      save();
    },
    release: () => rmSync(path, { force: true }),
  };
}
