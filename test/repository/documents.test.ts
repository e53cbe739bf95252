import { readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { SEND_ROUTES } from '@pombo/contracts';
import { loadConfig, SETTINGS } from '@pombo/runtime';
import { createKeys } from '@pombo/store';
import { describe, expect, test } from '@jest/globals';
import { isThere, readText, ROOT } from './repository-files.js';

const isDocument = (name: string): boolean => name.endsWith('.md');

function documentsBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(ROOT, path)).isDirectory()) return documentsBelow(path);
    return isDocument(path) ? [path] : [];
  });
}

const DOCUMENTS = [...readdirSync(ROOT).filter(isDocument), ...documentsBelow('docs')];

/** `name=value` lines; those behind a # count when `withComments` is set. */
function readEnv(text: string, withComments: boolean): Record<string, string> {
  const pattern = withComments ? /^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$/ : /^([A-Z][A-Z0-9_]+)=(.*)$/;
  const pairs = text.split('\n').flatMap((line) => {
    const match = pattern.exec(line);
    return match ? [[match[1] ?? '', match[2] ?? ''] as const] : [];
  });
  return Object.fromEntries(pairs);
}

describe('.env.example', () => {
  const text = readText('.env.example');

  test('names every setting, and nothing else', () => {
    expect(Object.keys(readEnv(text, true)).sort()).toEqual(Object.keys(SETTINGS).sort());
  });

  test('works once the key is filled in', () => {
    const filled = { ...readEnv(text, false), SESSION_ENCRYPTION_KEY: 'ab'.repeat(32) };
    expect(loadConfig(filled).REDIS).toEqual({ kind: 'single', url: 'redis://127.0.0.1:6379' });
  });

  test('refuses to work with the key left empty', () => {
    expect(() => loadConfig(readEnv(text, false))).toThrow(/SESSION_ENCRYPTION_KEY/);
  });

  test('shows the defaults that apply when nothing is set', () => {
    const minimal = { REDIS_URL: 'redis://127.0.0.1:6379', SESSION_ENCRYPTION_KEY: 'ab'.repeat(32) };
    const defaults = loadConfig(minimal);
    const shown = readEnv(text, true);
    const examples = new Set(Object.entries(SETTINGS).flatMap(([name, s]) => ('example' in s ? [name] : [])));
    const optional = Object.keys(shown).filter((name) => !examples.has(name) && shown[name] !== '');
    const asShown = Object.fromEntries(optional.map((name) => [name, shown[name]]));
    expect(loadConfig({ ...minimal, ...asShown })).toEqual(defaults);
  });
});

describe('documents', () => {
  test.each(DOCUMENTS)('%s links only to files that exist', (path) => {
    const links = [...readText(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1] ?? '');
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(local.filter((link) => !isThere(normalize(join(dirname(path), link))))).toEqual([]);
  });

  test.each(DOCUMENTS)('%s names no path of one machine', (path) => {
    expect(readText(path)).not.toMatch(/(^|[\s`("'])\/(work|home|root|Users)\//m);
  });

  test('README.md shows every route that sends', () => {
    const readme = readText('README.md');
    expect(SEND_ROUTES.map(({ path }) => path).filter((path) => !readme.includes(`POST ${path}`))).toEqual([]);
  });

  test('docs/architecture.md describes every key in Redis', () => {
    const page = readText('docs/architecture.md');
    const keys = Object.keys(createKeys('pombo')).filter((name) => !name.endsWith('Prefix'));
    expect(keys.filter((name) => !page.includes(`| \`${name}\` `))).toEqual([]);
  });

  test('every decision has a number of its own and is listed', () => {
    const pages = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name));
    expect(pages.length).toBeGreaterThan(0);
    expect(new Set(pages.map((name) => name.slice(0, 4))).size).toBe(pages.length);
    const list = readText('docs/decisions/README.md');
    expect(pages.filter((name) => !list.includes(`(${name})`))).toEqual([]);
  });

  test('the licence is MIT and the manifests say so', () => {
    expect(readText('LICENSE')).toMatch(/^MIT License\n\nCopyright \(c\) 2026 Pombo contributors\n/);
    expect(JSON.parse(readText('package.json'))).toMatchObject({ license: 'MIT' });
  });
});
