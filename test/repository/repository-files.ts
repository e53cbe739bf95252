/** What tests of the repository itself share. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
export const isThere = (path: string): boolean => existsSync(join(ROOT, path));

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  readonly finished: Promise<Finished>;
}

/** Starts one of the scripts as a person would. `NODE_OPTIONS` of the test run are not passed on. */
export function startScript(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Running {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: '', REDIS_URL: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (printed[name] += text));
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...printed }));
  });
  return { child, stdout: () => printed.stdout, stderr: () => printed.stderr, finished };
}

export const runScript = (args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) =>
  startScript(args, env).finished;
