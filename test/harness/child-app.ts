/** Apps in processes of their own, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ChildApp {
  /** Everything it wrote to stdout and stderr so far. */
  output(): string;
  /** Ends it and waits until it is gone. @returns its exit code, null after a signal that it could not handle. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

const ROOT = new URL('../../', import.meta.url);
const pathOf = (relative: string): string => fileURLToPath(new URL(relative, ROOT));

export const INGRESS = 'apps/ingress/dist/main.js';
export const WEBHOOKS = 'apps/webhooks/dist/main.js';
export const WORKER = 'apps/worker/dist/main.js';
export const DYING_INGRESS = 'test/fixtures/dying-ingress.mjs';
export const SLOW_AUTH_WORKER = 'test/fixtures/slow-auth-worker.mjs';

/** @param script relative to the repository; `dist` must be built. */
export function startChildApp(script: string, env: Readonly<Record<string, string>>): ChildApp {
  const child: ChildProcess = spawn(process.execPath, [pathOf(script)], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout?.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr?.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    output: () => output,
    async kill(signal) {
      child.kill(signal);
      return gone;
    },
  };
}
