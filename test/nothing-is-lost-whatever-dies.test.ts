/** The short form of the fault suite, see docs/faults.md; how long things take says nothing while other tests run. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const RUN = fileURLToPath(new URL('faults/run.mjs', import.meta.url));

interface Finished {
  readonly stdout: string;
}

test('workers, connections and Redis come and go, and every message is shown once, readable, in order and told', async () => {
  const env = { ...process.env, NODE_OPTIONS: '' };
  // It exits with 1 when anything is wrong, and says what in its report.
  const { stdout } = await promisify(execFile)(process.execPath, [RUN, '--short', '--untimed'], { env }).catch(
    (failed: Finished) => failed,
  );
  const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
  expect(report).toMatchObject({ accepted: 200, faults: [] });
}, 400_000);
