import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import * as libsignal from 'libsignal';
import { useNativeCurve } from '../src/auth/native-curve.js';

interface Curve {
  readonly calculateAgreement: (publicKey: Buffer, privateKey: Buffer) => Buffer;
  readonly generateKeyPair: () => { pubKey: Buffer; privKey: Buffer };
  readonly calculateSignature: (privateKey: Buffer, message: Buffer) => Buffer;
  readonly verifySignature: (publicKey: Buffer, message: Buffer, signature: Buffer) => boolean;
}

const { curve } = libsignal as unknown as { curve: Curve };
const before = loadCurveAnew();

/** Node's own key pairs lock up after 4,000 to 17,000 keys that are exported so. */
const KEYS = 20_000;
const COLLECTING_ALL_THE_TIME = ['--gc-global', '--min-semi-space-size=1', '--max-semi-space-size=1'];

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
  useNativeCurve();
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
  useNativeCurve();
  const { pubKey, privKey } = curve.generateKeyPair();
  expect(pubKey).toHaveLength(33);
  expect(pubKey[0]).toBe(5);
  expect(privKey).toHaveLength(32);
});

test('without libsodium everything stays as it was', () => {
  useNativeCurve(() => {
    throw new Error('no prebuilt libsodium for this machine');
  });
  const { pubKey, privKey } = curve.generateKeyPair();
  expect(String(curve.calculateAgreement)).toBe(String(before.calculateAgreement));
  expect(String(curve.verifySignature)).toBe(String(before.verifySignature));
  useNativeCurve();
  const other = curve.generateKeyPair();
  expect(curve.calculateAgreement(pubKey, other.privKey)).toEqual(curve.calculateAgreement(other.pubKey, privKey));
});

test('an agreement with a key that makes it worth nothing is refused', () => {
  useNativeCurve();
  const { privKey } = curve.generateKeyPair();
  const zero = Buffer.concat([Buffer.of(5), Buffer.alloc(32)]);
  for (const table of [curve, before]) expect(() => table.calculateAgreement(zero, privKey)).toThrow();
});

test('making keys does not lock up the process, however busy its garbage collector is', () => {
  const script = `
    await import('@pombo/whatsapp');
    const { curve } = await import('libsignal');
    for (let nth = 0; nth < ${KEYS}; nth += 1) curve.generateKeyPair();
    process.stdout.write('made');
  `;
  expect(runScript(script, COLLECTING_ALL_THE_TIME)).toBe('made');
});

test('what is not a key is refused as libsignal refuses it', () => {
  useNativeCurve();
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

test('signatures hold and fail as they do with libsignal itself', () => {
  useNativeCurve();
  expect(curve.verifySignature).not.toBe(before.verifySignature);
  for (let nth = 0; nth < 8; nth += 1) {
    const { pubKey, privKey } = curve.generateKeyPair();
    const message = Buffer.from(`message ${nth}`);
    const signature = before.calculateSignature(privKey, message);
    const spoilt = Buffer.from(signature);
    spoilt[nth] = (spoilt[nth] ?? 0) ^ 1;
    for (const table of [curve, before]) {
      expect(table.verifySignature(pubKey, message, signature)).toBe(true);
      expect(table.verifySignature(pubKey, Buffer.from('another'), signature)).toBe(false);
      expect(table.verifySignature(pubKey, message, spoilt)).toBe(false);
      expect(table.verifySignature(curve.generateKeyPair().pubKey, message, signature)).toBe(false);
      expect(() => table.verifySignature(pubKey, message, signature.subarray(1))).toThrow();
    }
  }
});

test('Baileys goes on with the replaced functions', () => {
  const script = `
    await import('@pombo/whatsapp');
    const [{ curve }, taken] = await Promise.all([import('libsignal'), import('libsignal/src/curve.js')]);
    const names = ['calculateAgreement', 'generateKeyPair', 'verifySignature'];
    process.stdout.write(String(names.every((name) => taken[name] === curve[name] && !/exports/.test(curve[name]))));
  `;
  expect(runScript(script)).toBe('true');
});

/** @throws when it does not end in time. */
function runScript(script: string, options: readonly string[] = []): string {
  const cwd = new URL('..', import.meta.url);
  const args = [...options, '--input-type=module', '--eval', script];
  return execFileSync(process.execPath, args, { cwd, encoding: 'utf8', timeout: 90_000 });
}
