import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

/** Node's own key pairs lock up after 4,000 to 17,000 keys that are exported so. */
const KEYS = 20_000;

test('making keys does not lock up the process, however busy its garbage collector is', () => {
  const script = `
    import { useNativeCurve } from './dist/signal/native-curve.js';
    import { Curve } from '@whiskeysockets/baileys';
    useNativeCurve();
    const pairs = Array.from({ length: 3 }, () => Curve.generateKeyPair());
    const sharedBy = (one, other) => Buffer.from(Curve.sharedKey(one.private, other.public)).toString('hex');
    if (sharedBy(pairs[0], pairs[1]) !== sharedBy(pairs[1], pairs[0])) throw new Error('these are not key pairs');
    for (let nth = 0; nth < ${KEYS}; nth += 1) Curve.generateKeyPair();
    process.stdout.write('made');
  `;
  const options = ['--gc-global', '--min-semi-space-size=1', '--max-semi-space-size=1', '--input-type=module'];
  const cwd = new URL('..', import.meta.url);
  expect(
    execFileSync(process.execPath, [...options, '--eval', script], { cwd, encoding: 'utf8', timeout: 90_000 }),
  ).toBe('made');
});
