/**
 * The protections that the suite can have its workers do without, one at a time, and what a worker is like then. Each is
 * put in where the real part is handed over, so that the product has no switch for it.
 */
import { randomBytes } from 'node:crypto';
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

let lanes = 0;

export const WEAKNESSES = {
  /** The Signal session is stored after the bytes left. */
  ratchet: () => ({ durableRatchet: false }),
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
