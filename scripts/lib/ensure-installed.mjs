/**
 * Installs the dependencies when they are missing or not those of `package-lock.json`, so that `npm start` and
 * `npm test` can be the first command on a fresh machine. Compares contents, not times: a `git checkout` touches the
 * lock file without changing it, and a needless install pulls files away from under whoever is using them.
 *
 * `npm install --no-save` and not `npm ci`: it takes the same versions and leaves the lock file alone, but npm 11 refuses
 * `ci` when the lock file does not list the binaries of other systems (`Missing: …-darwin-arm64@ from lock file`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';
import { mustRun } from './run-command.mjs';

/** npm's own note of what it installed. */
const INSTALLED = 'node_modules/.package-lock.json';

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? {};
  } catch {
    return undefined;
  }
}

/** @param {string} root of the checkout. @returns {boolean} whether every package of the lock file is there. */
export function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, INSTALLED));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    if (entry.link) return existsSync(join(root, path));
    // Packages for other processors and systems are in the lock file of every machine and installed on none but theirs.
    if (present[path] === undefined) return entry.optional === true;
    return present[path].version === entry.version && existsSync(join(root, path));
  });
}

export async function ensureInstalled() {
  if (isInstalled(ROOT)) return;
  console.error('Installing dependencies (npm install)…');
  const quiet = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
  await mustRun('npm install', 'npm', ['install', '--no-save', '--include=dev', ...quiet]);
}
