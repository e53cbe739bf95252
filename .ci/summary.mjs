/**
 * Last lines of a CI run. Reads what jest and `npm run check` reported; whatever failed without a report (an install, a
 * build, a time-out) counts as one failure.
 * Arguments: folder of the reports, exit status of the tests, exit status of the checks.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, testStatus, checkStatus] = process.argv.slice(2);

function readReport(name) {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'));
  } catch {
    return undefined;
  }
}

/** A failed run has at least one failure, whatever its report says. */
function count(name, status, passed, failed) {
  const failures = status === '0' ? failed : Math.max(failed, 1);
  console.log(`${name}: ${passed} passed, ${failures} failed (exit status ${status})`);
  return { passed, failed: failures };
}

const tests = readReport('tests.json');
const steps = readReport('checks.json')?.steps ?? [];
console.log('');
const counts = [
  count(
    'tests ',
    testStatus,
    tests?.numPassedTests ?? 0,
    (tests?.numFailedTests ?? 0) + (tests?.numRuntimeErrorTestSuites ?? 0),
  ),
  count(
    'checks',
    checkStatus,
    steps.filter(({ passed }) => passed).length,
    steps.filter(({ passed }) => !passed).length,
  ),
];
const total = (field) => counts.reduce((sum, each) => sum + each[field], 0);

// No test at all is no success.
const failed = total('failed') + (tests?.numTotalTests > 0 || counts[0].failed > 0 ? 0 : 1);
console.log(`${total('passed')} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
