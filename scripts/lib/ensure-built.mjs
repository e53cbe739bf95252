import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';
import { mustRun } from './run-command.mjs';

const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
/** What the build depends on besides a project's own files: npm notes there what it installed. */
const SHARED = ['tsconfig.base.json', 'node_modules/.package-lock.json'].map((path) => join(ROOT, path));

/**
 * Builds the given workspaces and what they need, unless nothing has changed since they were built: loading the compiler
 * only to hear so takes a second.
 * @param {string[]} projects as in `apps/ingress`
 */
export async function ensureBuilt(projects) {
  if (isBuilt(projects)) return;
  console.error('Building…');
  const begun = new Date();
  await mustRun('The build', process.execPath, [TSC, '-b', ...projects]);
  // What the compiler found to be as it was, it has not touched. The time is that of the begin: a file may change meanwhile.
  for (const dir of withNeeded(projects)) utimesSync(stampOf(dir), begun, begun);
}

/** Whether every project was built after its last change; a doubt is a no. */
function isBuilt(projects) {
  try {
    const since = Math.max(...SHARED.map(changedAt));
    return withNeeded(projects).every((dir) => Math.max(since, lastChangeOf(dir)) <= changedAt(stampOf(dir)));
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

const stampOf = (dir) => join(dir, 'dist', '.tsbuildinfo');
const changedAt = (path) => statSync(path).mtimeMs;

/** @returns {string[]} folders of the projects and of those they refer to. */
function withNeeded(projects) {
  const found = new Set();
  const visit = (dir) => {
    if (found.has(dir)) return;
    found.add(dir);
    const { references = [] } = JSON.parse(readFileSync(join(dir, 'tsconfig.json'), 'utf8'));
    for (const { path } of references) visit(join(dir, path));
  };
  for (const project of projects) visit(join(ROOT, project));
  return [...found];
}

/** Of its sources; a folder changes when a file in it comes or goes. */
function lastChangeOf(dir) {
  const source = join(dir, 'src');
  const below = readdirSync(source, { recursive: true }).map((path) => join(source, path));
  return Math.max(...[join(dir, 'tsconfig.json'), source, ...below].map(changedAt));
}
