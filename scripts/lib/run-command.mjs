import { spawn } from 'node:child_process';
import { ROOT } from './paths.mjs';

/** A command that ended badly; its own output has already told why. */
export class CommandFailed extends Error {
  constructor(what, status) {
    super(`${what} failed (${status}).`);
    this.name = 'CommandFailed';
  }
}

/**
 * Runs a command in the checkout, its output on our stderr, so that stdout stays free for results.
 * @param {{ env?: NodeJS.ProcessEnv, toStdout?: boolean }} options
 * @returns {Promise<number>} exit status; a signal counts as 1.
 */
export function runCommand(command, args, { env = process.env, toStdout = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env,
      stdio: ['ignore', toStdout ? 'inherit' : process.stderr, 'inherit'],
    });
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
}

/** As `runCommand`. @throws {CommandFailed} */
export async function mustRun(what, command, args, options) {
  const status = await runCommand(command, args, options);
  if (status !== 0) throw new CommandFailed(what, `exit status ${status}`);
}

/** What a script's last `catch` does: one readable line; the stack only where it helps. */
export function failWith(error) {
  const expected = error instanceof CommandFailed || error?.expected === true;
  console.error(expected || !(error instanceof Error) ? (error?.message ?? String(error)) : error.stack);
  process.exitCode = 1;
}

/** An error whose message is all a person needs. */
export function expectedError(message) {
  return Object.assign(new Error(message), { expected: true });
}
