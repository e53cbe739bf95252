/**
 * Order of a device's messages. Every chat has a lane in which messages stand in the order they were taken up: a
 * message is prepared at once, but dispatched only when the one before it in its lane is resolved. A slow download or a
 * typing delay therefore holds up its own chat only.
 */
import { Semaphore } from 'async-mutex';

export interface Dispatcher {
  /**
   * Runs `prepare` now and `dispatch` with its result when it is this message's turn. Rejects with what either throws;
   * then the lane goes on with the next message.
   */
  run<T>(chat: string, prepare: () => Promise<T>, dispatch: (prepared: T) => Promise<void>): Promise<void>;
  /** One sending of a message whose turn it is, from dispatch to acknowledgement; waits while enough others are at it. */
  inFlight<T>(send: () => Promise<T>): Promise<T>;
}

/** @param inFlight how many messages of the device may be between dispatch and acknowledgement at once. */
export function createDispatcher(inFlight: number): Dispatcher {
  const slots = new Semaphore(inFlight);
  /** The end of each lane: resolves when its last message is resolved, never rejects. */
  const lanes = new Map<string, Promise<void>>();

  return {
    inFlight: (send) => slots.runExclusive(send),
    async run(chat, prepare, dispatch) {
      const before = lanes.get(chat) ?? Promise.resolve();
      const prepared = prepare();
      const sent = Promise.all([prepared, before]).then(([ready]) => dispatch(ready));
      const end = Promise.allSettled([sent, before]).then(() => undefined);
      lanes.set(chat, end);
      try {
        await sent;
      } finally {
        // Behind `end`, so that a message joining the lane in between still finds it.
        void end.then(() => {
          if (lanes.get(chat) === end) lanes.delete(chat);
        });
      }
    },
  };
}
