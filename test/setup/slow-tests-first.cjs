/**
 * Without notes of earlier runs jest begins with the largest files, and a small one that takes a minute would come last,
 * while the other worker has nothing to do.
 */
const { default: Sequencer } = require('@jest/test-sequencer');

/** Those that take more than half a minute; they start whole Pombos. */
const SLOW = ['benchmarks', 'any-bad-body-is-refused', 'nothing-is-lost-whatever-dies', 'npm-start', 'admin'];

const placeOf = ({ path }) => {
  const place = SLOW.findIndex((name) => path.endsWith(`/${name}.test.ts`));
  return place < 0 ? SLOW.length : place;
};

module.exports = class SlowTestsFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => placeOf(a) - placeOf(b));
  }
};
