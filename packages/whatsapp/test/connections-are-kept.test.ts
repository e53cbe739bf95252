import { afterEach, expect, jest, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { NotConnectedError } from '@pombo/whatsapp';
import { holdTimers } from './hold-timers.js';
import { failureOf } from './failure-of.js';
import { createScene, freshNumber, type TestSession } from './scene.js';

const scene = createScene();
afterEach(() => {
  jest.useRealTimers();
});
/** What a session reports of a connection that succeeds. */
const CONNECTING = ['connecting', 'connected', 'identity'];

/** Waits for a state reached for that reason. */
function whenState({ states }: TestSession, state: string, why?: string) {
  return eventually(`state ${state} because of ${why}`, () =>
    states.find((change) => change.state === state && change.why === why),
  );
}

/** Moves time on while a session waits for its next attempt; it must come between these two. */
async function passWait({ session, order }: TestSession, leastMs: number, mostMs: number): Promise<void> {
  const attempts = (): number => order.filter((name) => name === 'connecting').length;
  const before = attempts();
  expect(session.state).toBe('waiting');
  jest.advanceTimersByTime(leastMs - 1);
  expect(attempts()).toBe(before);
  jest.advanceTimersByTime(mostMs - leastMs + 2);
  expect(attempts()).toBe(before + 1);
  await eventually('the session is connected', () => session.state === 'connected');
}

test.each([
  ['a stream error', (jid: string) => scene.sandbox.closeStream(jid, 500)],
  ['a stream error with a code that is none', (jid: string) => scene.sandbox.closeStream(jid, 7)],
  ['a pulled cable', (jid: string) => scene.sandbox.cutConnections(jid)],
])('after %s the session comes back by itself and sends again', async (_cause, lose) => {
  const device = await scene.device();
  holdTimers();
  lose(device.jid);
  await whenState(device, 'waiting', 'lost');
  expect(await failureOf(device.sendText(freshNumber()))).toBeInstanceOf(NotConnectedError);
  await passWait(device, 500, 1_000);
  expect(device.order).toEqual([...CONNECTING, 'waiting', ...CONNECTING]);
  await device.sendText(freshNumber());
});

test('a login refused for now is tried again', async () => {
  holdTimers();
  scene.sandbox.setFaults({ refuseLogins: { reason: '503', first: 1 } });
  const device = await scene.open({ auth: await scene.pairedStore() });
  device.session.start();
  await whenState(device, 'waiting', 'lost');
  await passWait(device, 500, 1_000);
  expect(device.order).toEqual(['connecting', 'waiting', ...CONNECTING]);
});

test('a server that drops every connection just after the login is knocked at ever more slowly', async () => {
  const device = await scene.device();
  holdTimers();
  for (const leastMs of [500, 1_000, 2_000]) {
    scene.sandbox.closeStream(device.jid, 503);
    await eventually('the wait', () => device.order.at(-1) === 'waiting');
    await passWait(device, leastMs, 2 * leastMs);
  }
});

test('an unlinked device forgets its credentials, says so, and stays away', async () => {
  const device = await scene.device();
  scene.sandbox.logOut(device.jid);
  await whenState(device, 'ended', 'logged-out');
  expect(device.auth.values.size).toBe(0);
  expect(device.order.slice(-3)).toEqual(['waiting', 'logged out', 'ended']);
  expect(device.order).not.toContain('evicted');
  expect(device.session.state).toBe('ended');
  expect(scene.sandbox.counters().logins).toEqual({ accepted: 1, refused: 0 });
});

test('a device unlinked while it was away learns it at the login', async () => {
  const auth = await scene.pairedStore();
  scene.sandbox.logOut(auth.creds().me?.id ?? '');
  const device = await scene.open({ auth });
  device.session.start();
  await whenState(device, 'ended', 'logged-out');
  expect(auth.values.size).toBe(0);
  expect(scene.sandbox.counters().logins).toEqual({ accepted: 0, refused: 1 });
});

test('what was still under way when a device was unlinked leaves nothing behind', async () => {
  const { auth, ...device } = await scene.device();
  auth.writeDelayMs = 100;
  // A message that starts a session: its decryption writes several times, one after the other.
  void scene.sandbox.reply(freshNumber(), device.connected[0]?.jid ?? '', 'hello').catch(() => undefined);
  const isWritten = (kind: string) => auth.journal.some((names) => names.some((name) => name.startsWith(kind)));
  await eventually('the first write', () => isWritten('identity-key:'));
  scene.sandbox.logOut(device.connected[0]?.jid ?? '');
  await eventually('all is forgotten', () => device.order.includes('logged out'));
  await auth.write(new Map([['barrier', null]]));
  expect(auth.journal.slice(-2)).toEqual([['(clear)'], ['barrier']]);
  expect(auth.values.size).toBe(0);
});

test('a session whose credentials could not be forgotten ends, and whoever comes next can forget them', async () => {
  const auth = await scene.pairedStore();
  const clear = auth.clear.bind(auth);
  const refusal = new Error('refused');
  auth.clear = () => Promise.reject(refusal);
  const device = await scene.open({ auth });
  expect(await failureOf(device.session.forget())).toBe(refusal);
  expect(device.session.state).toBe('ended');
  expect(device.evictions).toEqual([refusal]);
  auth.clear = clear;
  await device.session.forget();
  expect(auth.values.size).toBe(0);
});

test('a session that is being forgotten opens no connection when its turn to connect comes', async () => {
  const auth = await scene.pairedStore();
  const clear = auth.clear.bind(auth);
  let takeTurn: (leave: () => void) => void = () => undefined;
  const turn = new Promise<() => void>((resolve) => (takeTurn = resolve));
  const device = await scene.open({ auth, connectSlots: { take: () => turn } });
  auth.clear = async () => {
    await new Promise<void>(takeTurn);
    await clear();
  };
  device.session.start();
  await device.session.forget();
  expect(device.order).toEqual(['connecting', 'waiting', 'logged out', 'ended']);
  expect(scene.sandbox.counters().logins).toEqual({ accepted: 0, refused: 0 });
});

test('nobody takes a session for connected while its credentials are being forgotten', async () => {
  const device = await scene.device();
  device.auth.writeDelayMs = 300;
  const write = device.auth.write(new Map([['creds', '{}']]));
  scene.sandbox.logOut(device.jid);
  const waiting = await eventually('the connection is gone', () =>
    device.states.find(({ why }) => why === 'logged-out'),
  );
  expect(waiting.state).toBe('waiting');
  expect(device.session.state).toBe('waiting');
  expect(device.order).not.toContain('logged out');
  await write;
  await whenState(device, 'ended', 'logged-out');
});

test('a replaced session waits long, so that two owners never fight', async () => {
  const auth = await scene.pairedStore();
  const first = await scene.device({ auth });
  const second = await scene.device({ auth });
  await whenState(first, 'waiting', 'replaced');
  await second.sendText(freshNumber());
  expect(first.session.state).toBe('waiting');
  expect(second.order).toEqual(CONNECTING);
  expect(scene.sandbox.counters()).toMatchObject({ logins: { accepted: 2 }, replacedSessions: 1 });
});

test('an outdated version waits instead of knocking', async () => {
  scene.sandbox.setFaults({ refuseLogins: { reason: '405' } });
  const device = await scene.open({ auth: await scene.pairedStore() });
  device.session.start();
  await whenState(device, 'waiting', 'outdated');
  scene.sandbox.setFaults({ refuseLogins: null });
  const current = await scene.device();
  await current.sendText(freshNumber());
  expect(device.session.state).toBe('waiting');
  expect(device.auth.values.has('creds')).toBe(true);
  expect(scene.sandbox.counters().logins).toEqual({ accepted: 1, refused: 1 });
});

test('a banned account ends the session and keeps the credentials', async () => {
  scene.sandbox.setFaults({ refuseLogins: { reason: '403' } });
  const device = await scene.open({ auth: await scene.pairedStore() });
  device.session.start();
  await whenState(device, 'ended', 'banned');
  expect(device.auth.values.has('creds')).toBe(true);
  expect(device.order).not.toContain('logged out');
  expect(scene.sandbox.counters().logins.refused).toBe(1);
});
