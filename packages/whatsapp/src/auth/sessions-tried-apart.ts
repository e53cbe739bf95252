/**
 * After a contact has started a new Signal session, messages of the old one may still come. libsignal tries a message on
 * one session after the other, the latest first, and a try steps the session before it is known to fit; when a later one
 * fits, all of them are stored. The session that was only tried has then left its place, and what is sent in it can
 * never be read. Here a session on which the try failed is as it was before (decision 0021).
 */
import * as libsignal from 'libsignal';

interface Entry {
  serialize(): unknown;
  readonly constructor: unknown;
}

interface EntryClass {
  readonly deserialize: (this: EntryClass, data: unknown) => Entry;
}

interface Cipher {
  decryptWithSessions: (this: Cipher, data: Buffer, sessions: readonly Entry[]) => Promise<unknown>;
}

const cipher = libsignal.SessionCipher.prototype as unknown as Cipher;
const libsignals = cipher.decryptWithSessions;

/** Has libsignal leave alone what it only tries, in this process and from now on. */
export function trySessionsApart(): void {
  cipher.decryptWithSessions = decryptWithSessions;
}

async function decryptWithSessions(this: Cipher, data: Buffer, sessions: readonly Entry[]): Promise<unknown> {
  if (sessions.length < 2) return libsignals.call(this, data, sessions);
  let failure: unknown;
  for (const session of sessions) {
    const before = session.serialize();
    try {
      return await libsignals.call(this, data, [session]);
    } catch (error) {
      failure = error;
      Object.assign(session, (session.constructor as EntryClass).deserialize(before));
    }
  }
  throw failure;
}
