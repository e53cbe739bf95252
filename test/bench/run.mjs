/**
 * `npm run bench -- [--json] [--only NAME] [--pairs N] [--smoke]`: Pombo beside the plain alternative, interleaved, on
 * this machine. `--json` prints the result as JSON on the last line: a number under each key, and under `raw` the figures
 * of both sides it was made of. `--smoke` runs everything with a handful of messages, to see that it runs.
 */
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/ensure-built.mjs';
import { ensureInstalled } from '../../scripts/lib/ensure-installed.mjs';
import { expectedError, failWith } from '../../scripts/lib/run-command.mjs';

const DEFAULT_PAIRS = 5;

function readArguments() {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
      pairs: { type: 'string', default: String(DEFAULT_PAIRS) },
      smoke: { type: 'boolean', default: false },
    },
  });
  const pairs = Number(values.pairs);
  if (!Number.isSafeInteger(pairs) || pairs < 1) throw expectedError('--pairs must be a whole number from 1');
  return { ...values, pairs };
}

function choose(all, only) {
  if (only === undefined) return Object.entries(all);
  if (!(only in all)) throw expectedError(`--only knows: ${Object.keys(all).join(', ')}`);
  return [[only, all[only]]];
}

try {
  const { json, only, pairs, smoke } = readArguments();
  await ensureInstalled();
  await ensureBuilt(['apps/ingress', 'apps/worker', 'apps/webhooks', 'apps/sandbox']);
  const { BENCHMARKS } = await import('./benchmarks.mjs');
  const { runBenchmark } = await import('./lib/run-benchmark.mjs');
  const { describeMachine } = await import('./lib/machine.mjs');
  const { printResults } = await import('./lib/print-results.mjs');
  const results = {};
  for (const [name, benchmark] of choose(BENCHMARKS, only)) {
    Object.assign(results, await runBenchmark(name, benchmark, { pairs, smoke }));
  }
  printResults(results, { ...describeMachine(), pairs, smoke }, json);
} catch (error) {
  failWith(error);
}
