import { clearTimeout, setTimeout } from 'node:timers';
import { createUndoStack } from '../../../scripts/lib/local-pombo.mjs';
import { expectedError } from '../../../scripts/lib/run-command.mjs';
import { openWorkshop } from './workshop.mjs';

/** Runs benchmarks one after the other in one workshop; whatever they started is gone afterwards, however they ended. */
export async function runBenchmarks(benchmarks, options) {
  const names = Object.keys(benchmarks).join(', ');
  const deadlineMs = Object.values(benchmarks).reduce((sum, one) => sum + one.deadlineMs, 0);
  const undos = createUndoStack();
  const runAll = async (workshop) => {
    const results = {};
    for (const [name, { run }] of Object.entries(benchmarks)) {
      console.error(`Benchmark ${name}…`);
      Object.assign(results, await run(workshop, options));
    }
    return results;
  };
  const stopped = withResolvers();
  // Nobody may be waiting at the moment.
  stopped.promise.catch(() => undefined);
  const stop = (why) => stopped.reject(expectedError(`${names}: ${why}`));
  const onSignal = (signal) => stop(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, onSignal);
  const deadline = setTimeout(() => stop(`not done within ${deadlineMs / 1000} s`), deadlineMs);
  try {
    return await Promise.race([openWorkshop(undos, stop).then((workshop) => runAll(workshop)), stopped.promise]);
  } finally {
    clearTimeout(deadline);
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, onSignal);
    await undos.run();
  }
}

/** What Node 22 has as `Promise.withResolvers`. */
function withResolvers() {
  const resolvers = {};
  resolvers.promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers;
}
