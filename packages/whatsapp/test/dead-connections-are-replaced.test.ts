import { afterEach, expect, jest, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { createConnectSlots, NotConnectedError, UnknownOutcomeError } from '@pombo/whatsapp';
import { failureOf } from './failure-of.js';
import { holdClock } from './hold-timers.js';
import { createScene, freshId, freshNumber, jidOf, type TestSession } from './scene.js';

const scene = createScene();
afterEach(() => {
  jest.useRealTimers();
});
const MINUTE = 60_000;
/** Short, and longer than the sandbox ever takes to answer a ping. */
const PROBE_MS = 400;
const PROBING = { keepAliveMs: MINUTE, probeTimeoutMs: PROBE_MS, connectTimeoutMs: 20_000 };

const lost = ({ states }: TestSession) => states.find(({ state, why }) => state === 'waiting' && why === 'lost');

test('a connection on which nothing is heard any more is replaced, without waiting for the peer to close', async () => {
  holdClock();
  const cable = await scene.cable();
  const times = { keepAliveMs: 25_000, probeTimeoutMs: 5_000, connectTimeoutMs: 20_000 };
  const device = await scene.device({ endpoint: cable.endpoint, times });
  cable.hold();
  jest.advanceTimersByTime(29_000);
  expect(device.session.state).toBe('connected');
  jest.advanceTimersByTime(1_000);
  expect(device.session.state).toBe('waiting');
  expect(await failureOf(device.sendText(freshNumber()))).toBeInstanceOf(NotConnectedError);
  await eventually('the end is reported', () => lost(device));
  jest.advanceTimersByTime(1_000);
  await device.whenConnected(2);
  await device.sendText(freshNumber());
});

test('an idle connection whose keep-alives are answered stays', async () => {
  const times = { keepAliveMs: 100, probeTimeoutMs: 1_000, connectTimeoutMs: 20_000 };
  const device = await scene.device({ times });
  const pings = () => scene.sandbox.counters().iqs['get w:p ping'] ?? 0;
  await eventually('it was asked for longer than silence is borne', () => pings() > 15);
  expect(lost(device)).toBeUndefined();
});

test('when an ack is late the server is asked for a sign of life, and a silent connection replaced before the deadline', async () => {
  const device = await scene.device({ times: PROBING, ackTimeoutMs: MINUTE });
  const number = freshNumber();
  await device.sendText(number);
  scene.sandbox.freezeConnections(device.jid);
  const id = freshId();
  const begun = performance.now();
  expect(await failureOf(device.sendText(number, id))).toBeInstanceOf(UnknownOutcomeError);
  expect(performance.now() - begun).toBeGreaterThan(2 * PROBE_MS - 50);
  await device.whenConnected(2);
  await device.sendText(number, id);
  expect(await scene.received(number, id)).toMatchObject({ displayedCount: 1, failures: [] });
});

test('nothing is written any more once the device may be another process’s, and nothing again before it is ours', async () => {
  let isOurs = true;
  const device = await scene.device({ mayWrite: () => isOurs });
  const number = freshNumber();
  await device.sendText(number);
  const seen = () => {
    const { stanzas, logins } = scene.sandbox.counters();
    return { messages: stanzas['message'], logins: logins.accepted };
  };
  const before = seen();
  isOurs = false;
  const id = freshId();
  expect(await failureOf(device.sendText(number, id))).toBeInstanceOf(Error);
  await eventually('the end is reported', () => lost(device));
  await eventually('it has tried to connect again', () => device.states.filter((s) => s.why === 'lost').length > 1);
  expect(seen()).toEqual(before);
  isOurs = true;
  await device.whenConnected(2);
  await device.sendText(number, id);
  expect(await scene.received(number, id)).toMatchObject({ displayedCount: 1, failures: [] });
});

test('a question that is not answered has a silent connection replaced, too', async () => {
  const device = await scene.device({ times: PROBING });
  scene.sandbox.freezeConnections(device.jid);
  expect(await failureOf(device.session.checkNumbers([jidOf(freshNumber())]))).toBeInstanceOf(NotConnectedError);
  expect(lost(device)).toBeDefined();
  await device.whenConnected(2);
});

test('a late ack alone costs no connection while the server answers', async () => {
  const device = await scene.device({ times: { ...PROBING, probeTimeoutMs: 150 } });
  const number = freshNumber();
  await device.sendText(number);
  scene.sandbox.resetCounters();
  scene.sandbox.setFaults({ delayAcksMs: 600 });
  await device.sendText(number);
  expect(scene.sandbox.counters().iqs['get w:p ping']).toBe(1);
  expect(lost(device)).toBeUndefined();
});

test('a session that acknowledges one message after the other no more is replaced, although the server answers', async () => {
  const device = await scene.device({ times: PROBING, ackTimeoutMs: 900 });
  const number = freshNumber();
  await device.sendText(number);
  scene.sandbox.setFaults({ dropAcks: 'all' });
  expect(await failureOf(device.sendText(number))).toBeInstanceOf(UnknownOutcomeError);
  expect(lost(device)).toBeUndefined();
  expect(await failureOf(device.sendText(number))).toBeInstanceOf(UnknownOutcomeError);
  await eventually('it is replaced', () => lost(device));
  scene.sandbox.clearFaults();
  await device.whenConnected(2);
  await device.sendText(number);
});

test('a login that is never answered is given up and tried again', async () => {
  scene.sandbox.setFaults({ ignoreLogins: { first: 1 } });
  const auth = await scene.pairedStore();
  const device = await scene.open({ auth, times: { ...PROBING, connectTimeoutMs: 4_000 } });
  device.session.start();
  await eventually('it is given up', () => lost(device));
  await device.whenConnected();
});

test('sessions of a process connect a few at a time, and one that fails or stops makes room', async () => {
  const connectSlots = createConnectSlots(2);
  scene.sandbox.setFaults({ ignoreLogins: 'all' });
  const open = async (connectTimeoutMs: number) =>
    scene.open({ auth: await scene.pairedStore(), connectSlots, times: { ...PROBING, connectTimeoutMs } });
  const [stopped, stuck, third, fourth] = [
    await open(MINUTE),
    await open(4_000),
    await open(MINUTE),
    await open(MINUTE),
  ];
  for (const { session } of [stopped, stuck, third, fourth]) session.start();
  const opened = () => scene.sandbox.counters().connections.opened;
  await eventually('two knock', () => opened() === 2);
  scene.sandbox.clearFaults();
  expect(opened()).toBe(2);
  await stopped.session.stop();
  await third.whenConnected();
  await fourth.whenConnected();
  await stuck.whenConnected();
});
