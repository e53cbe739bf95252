import { clearTimeout, setTimeout } from 'node:timers';
import { createUndoStack } from '../../../scripts/lib/local-pombo.mjs';
import { expectedError } from '../../../scripts/lib/run-command.mjs';
import { openWorkshop } from './workshop.mjs';

/** Runs one benchmark in a workshop of its own; whatever it started is gone afterwards, however it ended. */
export async function runBenchmark(name, { run, deadlineMs }, options) {
  const undos = createUndoStack();
  const stopped = withResolvers();
  // Nobody may be waiting at the moment.
  stopped.promise.catch(() => undefined);
  const stop = (why) => stopped.reject(expectedError(`${name}: ${why}`));
  const onSignal = (signal) => stop(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, onSignal);
  const deadline = setTimeout(() => stop(`not done within ${deadlineMs / 1000} s`), deadlineMs);
  try {
    console.error(`Benchmark ${name}…`);
    return await Promise.race([openWorkshop(undos, stop).then((workshop) => run(workshop, options)), stopped.promise]);
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
