import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import * as libsignal from 'libsignal';
import { readCurveKeysRaw } from '../src/auth/raw-curve-keys.js';

interface Curve {
  readonly calculateAgreement: (publicKey: Buffer, privateKey: Buffer) => Buffer;
  readonly generateKeyPair: () => { pubKey: Buffer; privKey: Buffer };
}

const { curve } = libsignal as unknown as { curve: Curve };
const before = loadCurveAnew();

/** In this process another test may have replaced the functions already. */
function loadCurveAnew(): Curve {
  const require = createRequire(import.meta.url);
  const path = require.resolve('libsignal/src/curve.js');
  const { [path]: loaded } = require.cache;
  delete require.cache[path];
  const anew = require(path) as Curve;
  require.cache[path] = loaded;
  return anew;
}

test('agreements are those of libsignal itself, whoever made the keys', () => {
  readCurveKeysRaw();
  expect(curve.calculateAgreement).not.toBe(before.calculateAgreement);
  for (const [one, other] of [
    [curve.generateKeyPair(), curve.generateKeyPair()],
    [before.generateKeyPair(), curve.generateKeyPair()],
    [before.generateKeyPair(), before.generateKeyPair()],
  ] as const) {
    const expected = before.calculateAgreement(one.pubKey, other.privKey);
    expect(curve.calculateAgreement(one.pubKey, other.privKey)).toEqual(expected);
    expect(curve.calculateAgreement(other.pubKey, one.privKey)).toEqual(expected);
    // Copies, as keys are once they were stored.
    expect(curve.calculateAgreement(Buffer.from(other.pubKey), Buffer.from(one.privKey))).toEqual(expected);
  }
});

test('keys have the form libsignal gives them', () => {
  readCurveKeysRaw();
  const { pubKey, privKey } = curve.generateKeyPair();
  expect(pubKey).toHaveLength(33);
  expect(pubKey[0]).toBe(5);
  expect(privKey).toHaveLength(32);
});

test('what is not a key is refused as libsignal refuses it', () => {
  readCurveKeysRaw();
  const { privKey, pubKey } = curve.generateKeyPair();
  const wrong: Array<[Buffer, Buffer]> = [
    [Buffer.alloc(5), privKey],
    [pubKey, Buffer.alloc(3)],
    [pubKey, new Uint8Array(32) as Buffer],
  ];
  for (const [publicKey, privateKey] of wrong) {
    const attempt = (table: Curve) => () => table.calculateAgreement(publicKey, privateKey);
    expect(attempt(curve)).toThrow();
    expect(attempt(before)).toThrow();
  }
});
