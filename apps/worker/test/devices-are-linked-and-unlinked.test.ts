import { expect, test } from '@jest/globals';
import { silentLogger } from '@pombo/runtime';
import type { LinkCode } from '@pombo/store';
import { NotConnectedError, type Session } from '@pombo/whatsapp';
import { createLinkByCode } from '../src/devices/link-by-code.js';
import { createUnlinking } from '../src/devices/unlinking.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a socket that takes another’s place is asked for a code of its own, and only once', async () => {
  const codes: string[] = [];
  const linking = createLinkByCode({
    session: { state: 'pairing', requestPairingCode: () => Promise.resolve(`CODE000${codes.length + 1}`) },
    phone: () => '5511999990000',
    shown: ({ code }: LinkCode) => void codes.push(code),
    logger: silentLogger,
  });
  linking.socketReady();
  linking.socketReady();
  await settle();
  expect(codes).toEqual(['CODE0001']);
  linking.socketReplaced();
  linking.socketReady();
  linking.socketReady();
  await settle();
  expect(codes).toEqual(['CODE0001', 'CODE0002']);
});

/** An unlinking whose device never connects, and what was forgotten of it. */
function unlinkOffline(signal: AbortSignal, waitMs: number, state: Session['state'] = 'waiting') {
  let forgotten = 0;
  const unlinking = createUnlinking({
    session: {
      state,
      whenConnected: (until) =>
        new Promise((_resolve, reject) => {
          const leave = (): void => reject(new NotConnectedError());
          if (until.aborted) leave();
          else until.addEventListener('abort', leave);
        }),
      logOut: () => Promise.reject(new NotConnectedError()),
      forget: () => Promise.resolve(void (forgotten += 1)),
    },
    ...{ waitMs, signal, logger: silentLogger },
  });
  unlinking.begin();
  return { unlinking, forgotten: () => forgotten };
}

test('a device that does not connect in time is forgotten all the same', async () => {
  const { unlinking, forgotten } = unlinkOffline(new AbortController().signal, 1);
  await unlinking.settled();
  expect(forgotten()).toBe(1);
});

test('a device given up before it could be unlinked is left to its next owner, at once', async () => {
  const released = new AbortController();
  const { unlinking, forgotten } = unlinkOffline(released.signal, 60_000);
  released.abort();
  await unlinking.settled();
  expect(forgotten()).toBe(0);
});

test('a device whose session ended by itself is forgotten, although it is given up at that moment', async () => {
  const { unlinking, forgotten } = unlinkOffline(AbortSignal.abort(), 1, 'ended');
  await unlinking.settled();
  expect(forgotten()).toBe(1);
});
