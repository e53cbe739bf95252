/**
 * `npm run check`: what CI runs beside the tests. Every step runs, whatever the others say, and shows its output when it
 * is done.
 * `--report FILE` writes `{"steps": [{"name", "passed"}]}` there.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { ROOT } from './lib/paths.mjs';
import { failWith } from './lib/run-command.mjs';

const tool = (...path) => join(ROOT, 'node_modules', ...path);

/** The others need what it builds. */
const COMPILE = { name: 'types', args: [tool('typescript', 'bin', 'tsc'), '-b'] };
/** Takes as long as all the others together. */
const LINT = { name: 'lint', args: [tool('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0'] };
const OTHERS = [
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

const MAX_OUTPUT_BYTES = 2 ** 26;

async function runStep({ name, args }) {
  const begun = performance.now();
  const { passed, output } = await new Promise((resolve) => {
    const options = { cwd: ROOT, env, maxBuffer: MAX_OUTPUT_BYTES };
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ passed: error === null, output: stdout + stderr }),
    );
  });
  console.error(`\n== ${name}\n${output}`);
  return { name, passed, seconds: (performance.now() - begun) / 1000 };
}

async function runInTurn(steps) {
  const results = [];
  for (const step of steps) results.push(await runStep(step));
  return results;
}

try {
  const { values } = parseArgs({ options: { report: { type: 'string' } } });
  await ensureInstalled();
  const compiled = await runStep(COMPILE);
  const results = [compiled, ...(await Promise.all([runStep(LINT), runInTurn(OTHERS)])).flat()];
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
