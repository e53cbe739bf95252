import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT } from './repository-files.js';

const CRUISER = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
const CONFIG = join(ROOT, '.dependency-cruiser.cjs');
const OURS = ['contracts', 'guard', 'runtime', 'store', 'queue', 'media', 'whatsapp', 'testing'].map(
  (name) => `packages/${name}`,
);
const APPS = ['ingress', 'worker', 'webhooks', 'sandbox'].map((name) => `apps/${name}`);

/** @returns `file: rule` for everything that breaks a rule. */
function findViolations(folder: string): string[] {
  const args = [CRUISER, '--config', CONFIG, '--output-type', 'json', 'apps', 'packages'];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1e8,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (stdout === '') throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: Array<{ from: string; rule: { name: string } }> };
  };
  return summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`);
}

/** A small monorepo with these files; whatever has no index gets one that breaks no rule. */
function makeMonorepo(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pombo-import-rules-'));
  const all: Record<string, string> = {
    'package.json': JSON.stringify({ name: 'pombo', devDependencies: { yaml: '*' } }),
  };
  for (const home of [...OURS, ...APPS]) {
    all[`${home}/src/index.ts`] = 'export const here = 1;\n';
    all[`${home}/package.json`] = JSON.stringify({ dependencies: { bullmq: '*' } });
  }
  for (const [path, text] of Object.entries({ ...all, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function violationsIn(files: Readonly<Record<string, string>>): string[] {
  const folder = makeMonorepo(files);
  try {
    return findViolations(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is wrong, the line that does it, where, and the rule that must notice. */
const BREAKS = [
  ['an app imports an app', 'apps/ingress', '@pombo/worker', 'no-app-imports-an-app'],
  ['contracts import runtime', 'packages/contracts', '@pombo/runtime', 'contracts-import-nothing-of-ours'],
  ['the guard imports runtime', 'packages/guard', '@pombo/runtime', 'guard-imports-nothing-of-ours'],
  ['runtime imports the store', 'packages/runtime', '@pombo/store', 'runtime-imports-only-contracts'],
  ['the store imports the queue', 'packages/store', '@pombo/queue', 'store-imports-only-contracts-and-runtime'],
  ['media imports whatsapp', 'packages/media', '@pombo/whatsapp', 'queue-media-and-whatsapp-stand-apart'],
  ['a package imports an app', 'packages/queue', '@pombo/worker', 'no-package-imports-an-app'],
  ['the worker imports the sandbox', 'apps/worker', '@pombo/sandbox', 'only-testing-imports-the-sandbox'],
  ['an app imports the test helpers', 'apps/worker', '@pombo/testing', 'only-testing-imports-the-sandbox'],
  ['BullMQ gets a second door', 'apps/worker', 'bullmq', 'only-queue-uses-bullmq'],
  ['sharp gets a second door', 'apps/worker', 'sharp', 'only-media-uses-sharp'],
  ['Baileys gets a second door', 'apps/worker', '@whiskeysockets/baileys', 'only-whatsapp-uses-baileys'],
  ['libsignal gets a second door', 'apps/sandbox', 'libsignal', 'only-whatsapp-uses-baileys'],
  ['winston gets a second door', 'apps/worker', 'winston', 'only-runtime-uses-winston'],
  ['what only developers install is used in production', 'packages/store', 'yaml', 'no-undeclared-library'],
  ['an import leads nowhere', 'packages/media', './gone.js', 'nothing-unresolved'],
  ['someone reaches behind a front door', 'apps/worker', '../../../packages/store/src/a.js', 'through-the-front-door'],
] as const;

/** That they hold in this repository, `npm run check` sees to. */
describe('the import rules', () => {
  test('leave alone what obeys them', () => {
    const obedient = {
      'packages/queue/src/index.ts': "import { Queue } from 'bullmq';\nexport const queue = Queue;",
      'apps/worker/src/index.ts': "export * from '@pombo/queue';",
      'packages/testing/src/index.ts': "export * from '@pombo/sandbox';",
      'packages/store/src/index.ts': "export * from './a.js';\nexport * from './b.js';",
      // Types may refer to each other in a circle: nothing of it runs.
      'packages/store/src/a.ts': "import type { B } from './b.js';\nexport interface A { b: B }",
      'packages/store/src/b.ts': "import type { A } from './a.js';\nexport interface B { a: A }",
    };
    expect(violationsIn(obedient)).toEqual([]);
  });

  describe('notice when', () => {
    let violations: string[];

    beforeAll(() => {
      const files: Record<string, string> = {
        'packages/store/src/a.ts': "import { b } from './b.js';\nexport const a = () => b;",
        'packages/store/src/b.ts': "import { a } from './a.js';\nexport const b = () => a;",
        'packages/store/src/forgotten.ts': "import { randomUUID } from 'node:crypto';\nexport const id = randomUUID;",
      };
      for (const [, home, specifier] of BREAKS) {
        const index = `${home}/src/index.ts`;
        const number = (files[index] ?? '').split('\n').length;
        files[index] = `${files[index] ?? ''}\nexport * as n${number} from '${specifier}';`;
      }
      files['packages/store/src/index.ts'] += "\nexport * from './a.js';";
      violations = violationsIn(files);
    });

    test.each(BREAKS)('%s', (_what, home, _specifier, rule) => {
      expect(violations).toContain(`${home}/src/index.ts: ${rule}`);
    });

    test('two files need each other', () => {
      expect(violations).toContain('packages/store/src/a.ts: no-circular-imports');
    });

    test('a file is imported by nobody', () => {
      expect(violations).toContain('packages/store/src/forgotten.ts: no-dead-modules');
    });
  });
});
