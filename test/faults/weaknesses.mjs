/**
 * The protections that the suite can have its workers do without, one at a time, and what a worker is like then. Each is
 * put in where the real part is handed over, so that the product has no switch for it.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createAuthState } from '@pombo/store';
import { UnknownOutcomeError } from '@pombo/whatsapp';

/** As it was, but for some of its members; getters go on telling what is. */
const but = (whole, members) =>
  Object.create(
    whole,
    Object.fromEntries(Object.entries(members).map(([name, value]) => [name, { value, enumerable: true }])),
  );

const sending = (send) => ({ wrapSession: (session) => but(session, { send: (message) => send(session, message) }) });

/** What goes out a second time does so under another id. */
function withFreshIds() {
  const known = new Set();
  return sending((session, message) => {
    if (!known.has(message.id)) {
      known.add(message.id);
      return session.send(message);
    }
    return session.send({
      ...message,
      id: message.id.slice(0, -15) + randomBytes(8).toString('hex').slice(0, 15).toUpperCase(),
    });
  });
}

/** How long what is written late is in danger. */
const LATE_MS = 300;

const writingLate = (auth) =>
  but(auth, {
    async write(changes) {
      await pause(LATE_MS);
      await auth.write(changes);
    },
  });

/** A worker that goes by what it once heard: it owns its devices until it ends, whatever others write meanwhile. */
function believingItsLeases() {
  let store;
  const epochOf = async (deviceId) => Number(await store.redis.hget(store.keys.lease(deviceId), 'epoch'));
  const anyEpoch = (messages) =>
    but(messages, {
      begin: async (id, deviceId) => messages.begin(id, deviceId, await epochOf(deviceId)),
      dispatch: async (id, deviceId, _epoch, ...rest) =>
        messages.dispatch(id, deviceId, await epochOf(deviceId), ...rest),
    });
  const anyoneWrites = (auth, { deviceId }) => {
    const now = async () => createAuthState(store.redis, store.keys, store.cipher, deviceId, await epochOf(deviceId));
    return but(auth, { write: async (changes) => (await now()).write(changes) });
  };
  return {
    doubtAfterMs: Infinity,
    wrapStore: (whole) => (store = { ...whole, messages: anyEpoch(whole.messages) }),
    wrapLeases: (leases) => but(leases, { findLost: () => Promise.resolve([]) }),
    wrapAuthState: anyoneWrites,
  };
}

let lanes = 0;

export const WEAKNESSES = {
  /** The Signal session is stored after the bytes left; a while after, as when Redis is slow, or kills would miss it. */
  ratchet: () => ({ durableRatchet: false, wrapAuthState: writingLate }),
  lease: believingItsLeases,
  'same-id': withFreshIds,
  /** `sent` is when the bytes were written. */
  ack: () =>
    sending((session, message) => {
      session.send(message).catch(() => undefined);
      return Promise.resolve();
    }),
  /** A message whose acknowledgement did not come is taken for sent. */
  resend: () =>
    sending((session, message) =>
      session.send(message).catch((error) => {
        if (!(error instanceof UnknownOutcomeError)) throw error;
      }),
    ),
  /** What a dead worker had in hand stays there. */
  'take-back': () => ({ takeBack: () => Promise.resolve(0) }),
  /** Every message is a chat of its own. */
  lanes: () => ({ wrapDirectory: (directory) => but(directory, { laneOf: () => `lane-${(lanes += 1)}` }) }),
};
