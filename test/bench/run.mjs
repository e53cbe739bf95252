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

/** @returns what shares a workshop: nothing when it is about figures, whatever can when it is not. */
function choose(groups, { only, smoke }) {
  const all = Object.assign({}, ...groups);
  if (only !== undefined && !(only in all)) throw expectedError(`--only knows: ${Object.keys(all).join(', ')}`);
  if (only !== undefined) return [{ [only]: all[only] }];
  return smoke ? groups : Object.entries(all).map(([name, benchmark]) => ({ [name]: benchmark }));
}

try {
  const { json, only, pairs, smoke } = readArguments();
  await ensureInstalled();
  await ensureBuilt(['apps/ingress', 'apps/worker', 'apps/webhooks', 'apps/sandbox']);
  const { BENCHMARK_GROUPS } = await import('./benchmarks.mjs');
  const { runBenchmarks } = await import('./lib/run-benchmarks.mjs');
  const { describeMachine } = await import('./lib/machine.mjs');
  const { printResults } = await import('./lib/print-results.mjs');
  const results = {};
  for (const group of choose(BENCHMARK_GROUPS, { only, smoke })) {
    Object.assign(results, await runBenchmarks(group, { pairs, smoke }));
  }
  printResults(results, { ...describeMachine(), pairs, smoke }, json);
} catch (error) {
  failWith(error);
}
