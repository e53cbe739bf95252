/**
 * `npm run check`: what CI runs beside the tests. Every step runs, whatever the one before said.
 * `--report FILE` writes `{"steps": [{"name", "passed"}]}` there.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { ROOT } from './lib/paths.mjs';
import { failWith, runCommand } from './lib/run-command.mjs';

const tool = (...path) => join(ROOT, 'node_modules', ...path);

/** In this order: the linter and the documents need what the compiler builds. */
const STEPS = [
  { name: 'types', args: [tool('typescript', 'bin', 'tsc'), '-b'] },
  { name: 'lint', args: [tool('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0'] },
  { name: 'format', args: [tool('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.'] },
  {
    name: 'imports',
    args: [tool('dependency-cruiser', 'bin', 'dependency-cruise.mjs'), '--output-type', 'err', 'apps', 'packages'],
  },
  {
    name: 'openapi',
    args: [tool('@redocly', 'cli', 'bin', 'cli.js'), 'lint', 'openapi.json'],
  },
  { name: 'docs', args: [join(ROOT, 'scripts', 'generate-docs.mjs'), '--check'] },
];

/** The linter of openapi.json would otherwise report home and look for updates. */
const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_NOTIFICATIONS: 'true' };

async function runStep({ name, args }) {
  console.error(`\n== ${name}`);
  const begun = performance.now();
  const passed = (await runCommand(process.execPath, args, { env })) === 0;
  return { name, passed, seconds: (performance.now() - begun) / 1000 };
}

try {
  const { values } = parseArgs({ options: { report: { type: 'string' } } });
  await ensureInstalled();
  const results = [];
  for (const step of STEPS) results.push(await runStep(step));
  console.log('');
  for (const { name, passed, seconds } of results) {
    console.log(`${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(8)} ${seconds.toFixed(1)} s`);
  }
  if (values.report) {
    writeFileSync(values.report, JSON.stringify({ steps: results.map(({ name, passed }) => ({ name, passed })) }));
  }
  process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
} catch (error) {
  failWith(error);
}
