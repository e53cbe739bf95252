import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as libsignal from 'libsignal';
import { useNativeCurve } from '../src/auth/native-curve.js';
import { type CurveKeyPair, sessionBuilder } from '../src/auth/new-session.js';
import { makeSessionsAside } from '../src/auth/new-sessions.js';

interface Curve {
  calculateAgreement: (publicKey: Buffer, privateKey: Buffer) => Buffer;
  readonly generateKeyPair: () => CurveKeyPair;
  readonly calculateSignature: (privateKey: Buffer, message: Buffer) => Buffer;
}

const { curve } = libsignal as unknown as { curve: Curve };
/** More than are worth a thread. */
const MANY = 20;
const { initSession } = sessionBuilder;
const { calculateAgreement } = curve;
let agreedHere = 0;

beforeEach(() => {
  useNativeCurve();
  const agree = curve.calculateAgreement;
  agreedHere = 0;
  curve.calculateAgreement = (...keys) => {
    agreedHere += 1;
    return agree(...keys);
  };
});

afterEach(() => {
  sessionBuilder.initSession = initSession;
  curve.calculateAgreement = calculateAgreement;
});

/** Somebody with libsignal and an empty store. */
class Person {
  readonly identity = curve.generateKeyPair();
  readonly signedKey = curve.generateKeyPair();
  readonly oneTimeKey = curve.generateKeyPair();
  readonly #sessions = new Map<string, libsignal.SessionRecord>();
  readonly storage = {
    loadSession: (name: string) => Promise.resolve(this.#sessions.get(name)),
    storeSession: (name: string, record: libsignal.SessionRecord) => {
      this.#sessions.set(name, record);
      return Promise.resolve();
    },
    isTrustedIdentity: () => true,
    getOurIdentity: () => this.identity,
    getOurRegistrationId: () => 7,
    loadSignedPreKey: () => this.signedKey,
    loadPreKey: (id: number) => (id === 0 ? undefined : this.oneTimeKey),
    removePreKey: () => Promise.resolve(),
  } as unknown as libsignal.SignalStorage;

  bundle(withOneTimeKey: boolean): libsignal.E2ESession {
    const { identity, signedKey, oneTimeKey } = this;
    const signature = curve.calculateSignature(identity.privKey, signedKey.pubKey);
    return {
      registrationId: 7,
      identityKey: identity.pubKey,
      signedPreKey: { keyId: 1, publicKey: signedKey.pubKey, signature },
      ...(withOneTimeKey ? { preKey: { keyId: 2, publicKey: oneTimeKey.pubKey } } : {}),
    } as libsignal.E2ESession;
  }
}

const address = (name: string) => new libsignal.ProtocolAddress(name, 0);
const begin = (from: Person, name: string, bundle: libsignal.E2ESession): Promise<void> =>
  new libsignal.SessionBuilder(from.storage, address(name)).initOutgoing(bundle);

async function say(from: Person, name: string, to: Person): Promise<string> {
  const { body } = await new libsignal.SessionCipher(from.storage, address(name)).encrypt(Buffer.from(`Hello ${name}`));
  const cipher = new libsignal.SessionCipher(to.storage, address('me'));
  return String(await cipher.decryptPreKeyWhisperMessage(Buffer.from(body, 'binary')));
}

const makePeople = (count: number) =>
  Array.from({ length: count }, (_, nth) => ({ name: `p${nth}`, person: new Person() }));

async function expectAllToRead(count: number): Promise<void> {
  const me = new Person();
  const people = makePeople(count);
  await Promise.all(people.map(({ name, person }, nth) => begin(me, name, person.bundle(nth % 2 === 0))));
  const begunHere = agreedHere;
  for (const { name, person } of people) expect(await say(me, name, person)).toBe(`Hello ${name}`);
  agreedHere = begunHere;
}

test('many are made in a thread, and everybody can read what is written in them', async () => {
  makeSessionsAside();
  await expectAllToRead(MANY);
  expect(agreedHere).toBe(0);
});

test('a few are made here', async () => {
  makeSessionsAside();
  await expectAllToRead(2);
  expect(agreedHere).toBeGreaterThan(0);
});

test('where the thread fails they are made here', async () => {
  makeSessionsAside(new URL('no-such-thread.js', import.meta.url), 500);
  await expectAllToRead(MANY);
  expect(agreedHere).toBeGreaterThan(0);
});

test('one that cannot be made is refused alone', async () => {
  makeSessionsAside();
  const me = new Person();
  const [spoilt, ...others] = makePeople(MANY);
  const zero = Buffer.concat([Buffer.of(5), Buffer.alloc(32)]);
  const useless = { ...spoilt?.person.bundle(true), identityKey: zero } as libsignal.E2ESession;
  const odd = { ...spoilt?.person.bundle(true), identityKey: Buffer.alloc(9) } as libsignal.E2ESession;
  const ends = await Promise.allSettled([
    ...[begin(me, 'useless', useless), begin(me, 'odd', odd)],
    ...others.map(({ name, person }) => begin(me, name, person.bundle(true))),
  ]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', ...others.map(() => 'fulfilled')]);
  for (const { name, person } of others) expect(await say(me, name, person)).toBe(`Hello ${name}`);
});
