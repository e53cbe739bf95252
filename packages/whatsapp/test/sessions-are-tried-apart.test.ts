/** Two people who write to each other, with libsignal alone: what it does to a session that it only tries. */
import { expect, test } from '@jest/globals';
import * as libsignal from 'libsignal';
import { trySessionsApart } from '../src/auth/sessions-tried-apart.js';

trySessionsApart();

interface KeyPair {
  readonly pubKey: Buffer;
  readonly privKey: Buffer;
}

interface KeyHelper {
  generateIdentityKeyPair(): KeyPair;
  generateSignedPreKey(identity: KeyPair, id: number): { keyId: number; keyPair: KeyPair; signature: Buffer };
  generatePreKey(id: number): { keyId: number; keyPair: KeyPair };
}

const { keyhelper } = libsignal as unknown as { keyhelper: KeyHelper };
const REGISTRATION_ID = 7;

/** One of the two; knows nobody but the other. */
function createPerson() {
  const identity = keyhelper.generateIdentityKeyPair();
  const signed = keyhelper.generateSignedPreKey(identity, 1);
  const preKeys = new Map<number, KeyPair>();
  let record: libsignal.SessionRecord | undefined;
  const storage = {
    // As stored: nobody else holds what is read.
    loadSession: () => Promise.resolve(record && libsignal.SessionRecord.deserialize(record.serialize())),
    storeSession: (_id: string, stored: libsignal.SessionRecord) => Promise.resolve(void (record = stored)),
    isTrustedIdentity: () => true,
    loadPreKey: (id: number) => Promise.resolve(preKeys.get(id)),
    removePreKey: (id: number) => void preKeys.delete(id),
    loadSignedPreKey: () => signed.keyPair,
    getOurRegistrationId: () => REGISTRATION_ID,
    getOurIdentity: () => identity,
  } as unknown as libsignal.SignalStorage;
  const address = new libsignal.ProtocolAddress('other', 0);
  const cipher = new libsignal.SessionCipher(storage, address);
  return {
    bundle(keyId: number) {
      const { keyPair } = keyhelper.generatePreKey(keyId);
      preKeys.set(keyId, keyPair);
      return {
        identityKey: identity.pubKey,
        registrationId: REGISTRATION_ID,
        signedPreKey: { keyId: signed.keyId, publicKey: signed.keyPair.pubKey, signature: signed.signature },
        preKey: { keyId, publicKey: keyPair.pubKey },
      };
    },
    start: (bundle: object) =>
      new libsignal.SessionBuilder(storage, address).initOutgoing(
        bundle as Parameters<libsignal.SessionBuilder['initOutgoing']>[0],
      ),
    async write(text: string) {
      const { type, body } = await cipher.encrypt(Buffer.from(text));
      return { type, bytes: Buffer.from(body, 'binary') };
    },
    async read({ type, bytes }: { readonly type: number; readonly bytes: Buffer }) {
      const plain = await (type === 3
        ? cipher.decryptPreKeyWhisperMessage(bytes)
        : cipher.decryptWhisperMessage(bytes));
      return plain.toString();
    },
  };
}

test('a late message of an old session leaves the new one as it was', async () => {
  const [ana, ben] = [createPerson(), createPerson()];
  await ana.start(ben.bundle(1));
  expect(await ben.read(await ana.write('hello'))).toBe('hello');
  expect(await ana.read(await ben.write('hi'))).toBe('hi');
  const late = await ben.write('this comes late');

  await ben.start(ana.bundle(1));
  expect(await ana.read(await ben.write('in a new session'))).toBe('in a new session');
  expect(await ana.read(late)).toBe('this comes late');
  expect(await ben.read(await ana.write('can you read this?'))).toBe('can you read this?');
  expect(await ana.read(await ben.write('yes'))).toBe('yes');
});

test('what no session can read is refused as libsignal refuses it', async () => {
  const [ana, ben] = [createPerson(), createPerson()];
  await ana.start(ben.bundle(1));
  expect(await ben.read(await ana.write('hello'))).toBe('hello');
  const once = await ben.write('only once');
  expect(await ana.read(once)).toBe('only once');
  await ben.start(ana.bundle(1));
  expect(await ana.read(await ben.write('in a new session'))).toBe('in a new session');
  await expect(ana.read(once)).rejects.toThrow('No matching sessions found for message');
});
