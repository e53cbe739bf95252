import { expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { NotConnectedError } from '@pombo/whatsapp';
import { createScene, failureOf, freshNumber, type TestSession } from './scene.js';

const scene = createScene();
/** What a session reports of a connection that succeeds. */
const CONNECTING = ['connecting', 'connected', 'identity'];

/** Waits for a state reached for that reason. */
function whenState({ states }: TestSession, state: string, why?: string) {
  return eventually(`state ${state} because of ${why}`, () =>
    states.find((change) => change.state === state && change.why === why),
  );
}

/** Milliseconds each wait for a reconnection lasted. */
function waits({ states }: TestSession): number[] {
  return states.flatMap(({ state, at }, index) => {
    const next = states[index + 1];
    return state === 'waiting' && next ? [next.at - at] : [];
  });
}

test.each([
  ['a stream error', (jid: string) => scene.sandbox.closeStream(jid, 500)],
  ['a pulled cable', (jid: string) => scene.sandbox.cutConnections(jid)],
])('after %s the session comes back by itself and sends again', async (_cause, lose) => {
  const device = await scene.device();
  lose(device.jid);
  await whenState(device, 'waiting', 'lost');
  expect(await failureOf(device.sendText(freshNumber()))).toBeInstanceOf(NotConnectedError);
  await device.whenConnected(2);
  expect(waits(device)[0]).toBeGreaterThanOrEqual(490);
  expect(device.order).toEqual([...CONNECTING, 'waiting', ...CONNECTING]);
  await device.sendText(freshNumber());
});

test('a login refused for now is tried again', async () => {
  scene.sandbox.setFaults({ refuseLogins: { reason: '503', first: 1 } });
  const device = await scene.device();
  expect(device.order).toEqual(['connecting', 'waiting', ...CONNECTING]);
  expect(waits(device)[0]).toBeGreaterThanOrEqual(490);
});

test('a server that drops every connection just after the login is knocked at ever more slowly', async () => {
  const device = await scene.device();
  for (const times of [2, 3]) {
    scene.sandbox.closeStream(device.jid, 503);
    await device.whenConnected(times);
  }
  expect(waits(device)[1]).toBeGreaterThanOrEqual(990);
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
  const auth = await scene.pairedStore();
  // So slow that what a login stores is still being written when the credentials are forgotten.
  auth.writeDelayMs = 100;
  const device = await scene.device({ auth });
  scene.sandbox.logOut(device.jid);
  await eventually('the connection is gone', () => device.session.state !== 'connected');
  await whenState(device, 'ended', 'logged-out');
  await scene.device();
  expect(auth.values.size).toBe(0);
  expect(auth.journal.at(-1)).toEqual(['(clear)']);
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

test('a connection that is closing but not closed yet is not taken for a connected one', async () => {
  const cable = await scene.cable();
  const device = await scene.device({ endpoint: cable.endpoint });
  cable.holdUplink();
  scene.sandbox.closeStream(device.jid, 503);
  await eventually('the session notices', () => device.session.state !== 'connected');
  const waiting = device.session.whenConnected(AbortSignal.timeout(10_000));
  cable.cut();
  await waiting;
  await device.sendText(freshNumber());
});
