/** What a new Signal session is made of, and how many of them are handed to a thread: fixed places in one block of bytes. */
import * as libsignal from 'libsignal';

/** As libsignal has keys: public ones with its type byte in front. */
export interface CurveKeyPair {
  readonly pubKey: Buffer;
  readonly privKey: Buffer;
}

export interface NewSession {
  readonly ourIdentity: CurveKeyPair;
  /** Made for this session. */
  readonly baseKey: CurveKeyPair;
  readonly theirIdentity: Buffer;
  readonly theirSignedKey: Buffer;
  /** They may have run out of these. */
  readonly theirOneTimeKey: Buffer | undefined;
  readonly registrationId: number;
}

/** libsignal's `SessionEntry`, which it does not export. */
export interface SessionEntry {
  serialize(): unknown;
}

export type InitSession = (
  this: { readonly storage: { getOurIdentity(): CurveKeyPair } },
  isInitiator: boolean,
  ourKey: CurveKeyPair,
  ourSignedKey: CurveKeyPair | undefined,
  theirIdentity: Buffer,
  theirKey: Buffer | undefined,
  theirSignedKey: Buffer,
  registrationId: number,
) => Promise<SessionEntry>;

/** Where libsignal makes sessions, those it answers with included. */
export const sessionBuilder = libsignal.SessionBuilder.prototype as unknown as { initSession: InitSession };
const { initSession } = sessionBuilder;

const PUBLIC_BYTES = 33;
const PRIVATE_BYTES = 32;
const NUMBER_BYTES = 4;
const PLACES = [PUBLIC_BYTES, PRIVATE_BYTES, PUBLIC_BYTES, PRIVATE_BYTES, PUBLIC_BYTES, PUBLIC_BYTES, PUBLIC_BYTES];
const PACKED_BYTES = PLACES.reduce((sum, bytes) => sum + bytes) + NUMBER_BYTES;
/** In place of a one-time key: every key begins with its type, which is not 0. */
const NO_KEY = Buffer.alloc(PUBLIC_BYTES);

/** By libsignal itself. */
export function makeSession(session: NewSession): Promise<SessionEntry> {
  const { ourIdentity, baseKey, theirIdentity, theirOneTimeKey, theirSignedKey, registrationId } = session;
  const self = Object.assign(Object.create(sessionBuilder) as object, {
    storage: { getOurIdentity: () => ourIdentity },
  });
  return initSession.call(
    self,
    true,
    baseKey,
    undefined,
    theirIdentity,
    theirOneTimeKey,
    theirSignedKey,
    registrationId,
  );
}

const keysOf = ({ ourIdentity, baseKey, theirIdentity, theirSignedKey, theirOneTimeKey }: NewSession): Buffer[] => [
  ...[ourIdentity.pubKey, ourIdentity.privKey, baseKey.pubKey, baseKey.privKey],
  ...[theirIdentity, theirSignedKey, theirOneTimeKey ?? NO_KEY],
];

/** Whether it can be packed; what libsignal says of others is its business. */
export const isUsual = (session: NewSession): boolean =>
  Number.isInteger(session.registrationId) &&
  keysOf(session).every((key, place) => Buffer.isBuffer(key) && key.length === PLACES[place]);

export function packSessions(sessions: readonly NewSession[]): Buffer {
  const packed = Buffer.alloc(PACKED_BYTES * sessions.length);
  let at = 0;
  for (const session of sessions) {
    for (const key of keysOf(session)) at += key.copy(packed, at);
    at = packed.writeUInt32LE(session.registrationId, at);
  }
  return packed;
}

export function unpackSessions(packed: Uint8Array): NewSession[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  return Array.from({ length: bytes.length / PACKED_BYTES }, (_, nth) => {
    let at = nth * PACKED_BYTES;
    const [ourPublic, ourPrivate, basePublic, basePrivate, theirIdentity, theirSignedKey, theirOneTimeKey] = PLACES.map(
      (length) => Buffer.from(bytes.subarray(at, (at += length))),
    ) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
    return {
      ourIdentity: { pubKey: ourPublic, privKey: ourPrivate },
      baseKey: { pubKey: basePublic, privKey: basePrivate },
      ...{ theirIdentity, theirSignedKey },
      theirOneTimeKey: theirOneTimeKey[0] === NO_KEY[0] ? undefined : theirOneTimeKey,
      registrationId: bytes.readUInt32LE(at),
    };
  });
}
