import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** What a run leaves behind: Redis' files, media, logs. Never committed. */
export const DATA_DIR = join(ROOT, '.data');
export const SAMPLE_IMAGE = join(ROOT, 'scripts', 'sample', 'pigeon.jpg');

/** @param {string} name of a workspace, as in `packages/store`. @returns its built entry point, to import. */
export const builtEntry = (name) => new URL(`../../${name}/dist/index.js`, import.meta.url).href;

/** A path as a person at the checkout would write it. */
export function shownPath(path) {
  const below = relative(ROOT, path);
  return below.startsWith('..') ? path : below;
}
