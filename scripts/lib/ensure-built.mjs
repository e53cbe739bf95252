import { join } from 'node:path';
import { ROOT } from './paths.mjs';
import { mustRun } from './run-command.mjs';

const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

/**
 * Builds the given workspaces and what they need; incremental, so a second run takes a second.
 * @param {string[]} projects as in `apps/ingress`
 */
export async function ensureBuilt(projects) {
  console.error('Building…');
  await mustRun('The build', process.execPath, [TSC, '-b', ...projects]);
}
