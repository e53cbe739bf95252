/** The sandbox as a process: one JSON line on stdout when it is ready, nothing else. */
import { captureConsole } from './capture-console.js';
import { loadSandboxConfig } from './config.js';
import { createSandbox } from './sandbox.js';
import { useNativeCurve } from './signal/native-curve.js';

captureConsole();
useNativeCurve();

function fail(error: unknown): never {
  process.stderr.write(`sandbox: ${error instanceof Error ? error.message : 'failed'}\n`);
  process.exit(1);
}

try {
  const sandbox = createSandbox(loadSandboxConfig(process.env));
  let isStopping = false;
  const stop = (): void => {
    // A second signal doesn't wait.
    if (isStopping) process.exit(1);
    isStopping = true;
    sandbox.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await sandbox.start();
  process.stdout.write(`${JSON.stringify({ event: 'ready', ...sandbox.endpoint() })}\n`);
} catch (error) {
  fail(error);
}
