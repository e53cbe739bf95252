/** How much is sent, and what goes wrong when: `[share of the messages that are posted, what happens]`. */

/** Everything there is, with workers killed all the time. */
export const LONG = {
  workers: 3,
  devices: 30,
  chatsPerDevice: 10,
  rounds: 10,
  perSecond: 30,
  killEveryMs: 8_000,
  cutEveryMs: 2_000,
  replies: 100,
  plan: [
    [0.1, 'stop'],
    [0.2, 'add'],
    [0.3, 'dropAcks'],
    [0.4, 'suspend'],
    [0.5, 'refuseUploads'],
    [0.55, 'swallow'],
    [0.6, 'freeze'],
    [0.7, 'interruptRedis'],
    [0.85, 'suspend'],
  ],
};

/** One of each. */
export const SHORT = {
  workers: 2,
  devices: 4,
  chatsPerDevice: 5,
  rounds: 10,
  perSecond: 20,
  cutEveryMs: 1_500,
  replies: 20,
  plan: [
    [0.05, 'kill'],
    [0.15, 'stop'],
    [0.25, 'add'],
    [0.3, 'dropAcks'],
    [0.4, 'suspend'],
    [0.5, 'refuseUploads'],
    [0.55, 'swallow'],
    [0.6, 'freeze'],
    [0.65, 'interruptRedis'],
    [0.8, 'kill'],
  ],
};

/** All devices on one worker, which is killed while two others are there to take over; nothing else goes wrong. */
export const TAKEOVER = {
  workers: 1,
  devices: 100,
  chatsPerDevice: 1,
  rounds: 8,
  perSecond: 40,
  replies: 0,
  // The new workers are given nothing until then.
  settings: { REBALANCE_AFTER_MS: '600000' },
  plan: [
    [0.05, 'add'],
    [0.05, 'add'],
    [0.3, 'killFirst'],
  ],
};

/** Two workers of three are stopped, one after the other; nothing else goes wrong. */
export const DRAIN = {
  workers: 3,
  devices: 30,
  chatsPerDevice: 10,
  rounds: 4,
  perSecond: 30,
  replies: 0,
  plan: [
    [0.3, 'stop'],
    [0.65, 'stop'],
  ],
};
