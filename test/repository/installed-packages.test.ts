import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROOT } from './repository-files.js';

const { isInstalled } = (await import(pathToFileURL(join(ROOT, 'scripts/lib/ensure-installed.mjs')).href)) as {
  isInstalled: (root: string) => boolean;
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pombo-installed-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function lock(path: string, packages: Record<string, object>): void {
  writeFileSync(join(root, path), JSON.stringify({ packages }));
}

function installed(packages: Record<string, object>): void {
  for (const path of ['node_modules', ...Object.keys(packages)]) mkdirSync(join(root, path), { recursive: true });
  lock('node_modules/.package-lock.json', packages);
}

describe('before anything runs, the dependencies', () => {
  const joi = { 'node_modules/joi': { version: '18.0.0' } };

  test('count as missing without node_modules', () => {
    lock('package-lock.json', joi);
    expect(isInstalled(root)).toBe(false);
  });

  test('count as there when every version of the lock file is', () => {
    lock('package-lock.json', { '': {}, 'packages/store': {}, ...joi });
    installed(joi);
    expect(isInstalled(root)).toBe(true);
  });

  test('count as missing when the lock file moved on', () => {
    lock('package-lock.json', { 'node_modules/joi': { version: '18.0.1' } });
    installed(joi);
    expect(isInstalled(root)).toBe(false);
  });

  test('count as missing when someone removed a folder', () => {
    lock('package-lock.json', joi);
    installed(joi);
    rmSync(join(root, 'node_modules/joi'), { recursive: true });
    expect(isInstalled(root)).toBe(false);
  });

  test('count as missing when a new workspace is not linked yet', () => {
    lock('package-lock.json', { ...joi, 'node_modules/@pombo/new': { link: true } });
    installed(joi);
    expect(isInstalled(root)).toBe(false);
  });

  test('may lack what is made for other machines', () => {
    lock('package-lock.json', { ...joi, 'node_modules/@img/sharp-darwin-arm64': { version: '1.0.0', optional: true } });
    installed(joi);
    expect(isInstalled(root)).toBe(true);
  });
});
