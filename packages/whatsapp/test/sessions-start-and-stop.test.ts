import { getEventListeners } from 'node:events';
import { afterEach, expect, jest, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { NotConnectedError } from '@pombo/whatsapp';
import { holdTimers } from './hold-timers.js';
import { failureOf } from './failure-of.js';
import { createScene, freshId, freshNumber, jidOf } from './scene.js';

const scene = createScene();
afterEach(() => {
  jest.useRealTimers();
});

// First in its file: the others leave sockets behind that wait for a dead network.
test('a stopped session leaves no timer behind that keeps the process alive', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const device = await scene.device();
  await device.sendText(freshNumber());
  await eventually('the receipts', () => device.receipts.length >= 2);
  await device.session.stop();
  await eventually('its timers are gone', () => timers() <= before);
});

test('stopping closes the connection, leaves the device paired, and logs nobody out', async () => {
  const device = await scene.device();
  await device.sendText(freshNumber());
  await device.session.stop();
  await device.session.stop();
  expect(device.order.filter((name) => name === 'ended')).toHaveLength(1);
  await eventually('the device is away', () => scene.sandbox.report().connectedDevices === 0);
  const { iqs, logins } = scene.sandbox.counters();
  expect(Object.keys(iqs).filter((kind) => kind.includes('remove-companion-device'))).toEqual([]);
  expect(logins.accepted).toBe(1);
  expect(scene.sandbox.devices().map(({ jid }) => jid)).toContain(device.jid);
  expect(device.auth.values.has('creds')).toBe(true);
});

test('a session started twice opens one connection', async () => {
  const device = await scene.open({ auth: await scene.pairedStore() });
  device.session.start();
  device.session.start();
  await device.whenConnected();
  await device.sendText(freshNumber());
  expect(scene.sandbox.counters()).toMatchObject({ connections: { opened: 1 }, replacedSessions: 0 });
});

test('a session stopped before it is started stays closed', async () => {
  const device = await scene.open({ auth: await scene.pairedStore() });
  await device.session.stop();
  device.session.start();
  expect(device.order).toEqual(['ended']);
  expect(device.session.state).toBe('ended');
});

test('stopping while connecting, at whatever point, ends quietly', async () => {
  for (const soFar of ['nothing', 'socket', 'login']) {
    const before = scene.sandbox.counters();
    const device = await scene.open({ auth: await scene.pairedStore() });
    device.session.start();
    if (soFar === 'socket')
      await eventually(
        'the socket is open',
        () => scene.sandbox.counters().connections.opened > before.connections.opened,
        { intervalMs: 1 },
      );
    if (soFar === 'login')
      await eventually('the login', () => scene.sandbox.counters().logins.accepted > before.logins.accepted, {
        intervalMs: 1,
      });
    await device.session.stop();
    expect(device.session.state).toBe('ended');
    await eventually('nobody is connected', () => scene.sandbox.report().connectedDevices === 0);
    expect(device.order.filter((name) => name !== 'connected' && name !== 'identity')).toEqual(['connecting', 'ended']);
  }
});

test('stopping while waiting for the next attempt cancels it', async () => {
  const device = await scene.device();
  holdTimers();
  scene.sandbox.closeStream(device.jid, 503);
  await eventually('the wait', () => device.order.at(-1) === 'waiting');
  expect(jest.getTimerCount()).toBeGreaterThan(0);
  await device.session.stop();
  jest.advanceTimersByTime(10 * 60_000);
  expect(device.order.at(-1)).toBe('ended');
});

test('a question under way when the session is stopped fails at once', async () => {
  const cable = await scene.cable();
  const device = await scene.device({ endpoint: cable.endpoint });
  cable.hold();
  const begun = Date.now();
  const questions = [
    device.session.checkNumbers([jidOf(freshNumber())]),
    device.session.prepareChats([{ jid: jidOf(freshNumber()), devices: '0' }]),
    device.session.upload(Buffer.from('a picture'), 'image'),
  ].map(failureOf);
  await device.session.stop();
  for (const failure of await Promise.all(questions)) expect(failure).toBeInstanceOf(NotConnectedError);
  expect(Date.now() - begun).toBeLessThan(4_000);
});

test('on a network that has gone silent, stopping does not wait for an answer', async () => {
  const cable = await scene.cable();
  const device = await scene.device({ endpoint: cable.endpoint });
  const sent = failureOf(device.sendText(freshNumber()));
  cable.hold();
  const begun = Date.now();
  await device.session.stop();
  expect(Date.now() - begun).toBeLessThan(4_000);
  expect(await sent).toBeDefined();
});

test('a session evicted on a network that has gone silent has ended all the same', async () => {
  const cable = await scene.cable();
  const device = await scene.device({ endpoint: cable.endpoint });
  const number = freshNumber();
  await device.sendText(number);
  cable.hold();
  device.auth.refusal = new Error('another worker owns this device now');
  const begun = Date.now();
  await failureOf(device.sendText(number));
  expect(device.session.state).toBe('ended');
  expect(Date.now() - begun).toBeLessThan(1_000);
  // A second refusal, and a stop, find nothing left to do.
  await failureOf(device.sendText(number, freshId()));
  await device.session.stop();
  expect(device.evictions).toHaveLength(1);
});

test('waiting for the connection ends with it, with the signal, or with the session', async () => {
  const device = await scene.open({ auth: await scene.pairedStore() });
  const aborted = new AbortController();
  const given = new AbortController();
  const waits = [device.session.whenConnected(aborted.signal), device.session.whenConnected(given.signal)];
  aborted.abort();
  expect(await failureOf(waits[0] ?? Promise.resolve())).toBeInstanceOf(NotConnectedError);
  device.session.start();
  await waits[1];
  for (let times = 0; times < 20; times += 1) await device.session.whenConnected(given.signal);
  expect(getEventListeners(given.signal, 'abort')).toEqual([]);
  await device.session.stop();
  expect(await failureOf(device.session.whenConnected(given.signal))).toBeInstanceOf(NotConnectedError);
});
