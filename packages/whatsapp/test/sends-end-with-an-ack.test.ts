import { beforeAll, expect, test } from '@jest/globals';
import { PomboError } from '@pombo/contracts';
import { eventually } from '@pombo/testing';
import { NotConnectedError, UnknownOutcomeError } from '@pombo/whatsapp';
import { failureOf } from './failure-of.js';
import { createScene, freshId, freshNumber, jidOf, type TestSession } from './scene.js';

const scene = createScene();
/** The chat most tests write to; the first message to a number costs a third of a second of key exchange. */
const number = freshNumber();
let device: TestSession;
beforeAll(async () => {
  device = await scene.device({ kept: true });
  await device.sendText(number);
});

const received = (id: string, isAsWanted?: Parameters<typeof scene.received>[2]) =>
  scene.received(number, id, isAsWanted);

test('a message is sent when the server has acknowledged it, and not before', async () => {
  const id = freshId();
  scene.sandbox.resetCounters();
  scene.sandbox.setFaults({ delayAcksMs: 400 });
  let settled = false;
  const sent = device.sendText(number, id).finally(() => (settled = true));
  await received(id);
  expect(settled).toBe(false);
  expect(scene.sandbox.counters().messages).toMatchObject({ received: 1, acked: 0 });
  await sent;
  expect(scene.sandbox.counters().messages.acked).toBe(1);
});

test('without an ack the outcome is unknown at the deadline, and an ack that comes later is reported', async () => {
  const patient = await scene.device({ ackTimeoutMs: 300 });
  await patient.sendText(number);
  const id = freshId();
  scene.sandbox.setFaults({ delayAcksMs: 1_000 });
  expect(await failureOf(patient.sendText(number, id))).toBeInstanceOf(UnknownOutcomeError);
  expect(patient.lateAcks).toEqual([]);
  await eventually('the ack is reported', () => patient.lateAcks.length > 0);
  expect(patient.lateAcks).toEqual([{ id }]);

  scene.sandbox.setFaults({ delayAcksMs: null, dropAcks: 'all' });
  const dropped = freshId();
  const failure = await failureOf(patient.sendText(number, dropped));
  expect(failure).toBeInstanceOf(UnknownOutcomeError);
  await received(dropped);
  expect(patient.lateAcks).toHaveLength(1);
});

test.each([
  ['463', 'ACCOUNT_RESTRICTED'],
  ['479', 'REJECTED_BY_WHATSAPP'],
])('a message refused with %s fails with %s', async (code, expected) => {
  scene.sandbox.setFaults({ nack: { code } });
  const failure = await failureOf(device.sendText(number));
  expect(failure).toBeInstanceOf(PomboError);
  expect(failure).toMatchObject({ code: expected, retryable: false });
  scene.sandbox.clearFaults();
  await device.sendText(number);
});

test('acks find their own messages when many are on their way', async () => {
  const ids = Array.from({ length: 8 }, freshId);
  scene.sandbox.setFaults({ delayAcksMs: 30 });
  await Promise.all(ids.map((id) => device.sendText(number, id)));
  for (const id of ids) expect((await received(id)).failures).toEqual([]);
});

test('a connection cut after the stanza leaves the outcome unknown; sent again, the phone shows the message once', async () => {
  scene.sandbox.resetCounters();
  scene.sandbox.setFaults({ dropConnectionAfterMessage: 1 });
  const id = freshId();
  expect(await failureOf(device.sendText(number, id))).toBeInstanceOf(UnknownOutcomeError);
  await device.whenConnected(2);
  await device.sendText(number, id);
  const message = await received(id, ({ decrypted }) => decrypted[0] === 2 && decrypted[1] === 2);
  expect(message).toMatchObject({ displayedCount: 1, arrivals: { 0: 2, 1: 2 }, failures: [] });
  expect(scene.sandbox.counters().decryptFailures).toBe(0);
});

test('without a connection nothing is attempted', async () => {
  const offline = await scene.open({ auth: await scene.pairedStore() });
  const { session } = offline;
  const attempts = [
    () => session.send({ id: freshId(), jid: jidOf(number), message: { conversation: 'hello' } }),
    () => session.upload(Buffer.from('a picture'), 'image'),
    () => session.checkNumbers([jidOf(number)]),
    () => session.prepareChats([{ jid: jidOf(number), devices: '0' }]),
    () => session.listMembers('120363000000000000@g.us'),
    () => session.setTyping(jidOf(number), true),
  ];
  for (const attempt of attempts) expect(await failureOf(attempt())).toBeInstanceOf(NotConnectedError);
  session.start();
  await offline.whenConnected();
  await session.stop();
  for (const attempt of attempts) expect(await failureOf(attempt())).toBeInstanceOf(NotConnectedError);
});

test('an error while connected is not mistaken for a lost connection', async () => {
  const failure = await failureOf(device.session.setTyping('not a jid', true));
  expect(failure).toBeInstanceOf(PomboError);
  expect(failure).toMatchObject({ code: 'DEVICE_ERROR', retryable: true });
});

test('typing is shown and taken back', async () => {
  await device.session.setTyping(jidOf(number), true);
  await device.session.setTyping(jidOf(number), false);
  const typing = await eventually('both reach the recipient', async () => {
    const view = await scene.sandbox.recipient(number);
    return view.typing.length >= 2 ? view.typing : undefined;
  });
  expect(typing.map(({ state }) => state)).toEqual(['composing', 'paused']);
});

test('a stanza carries the nodes it was given', async () => {
  const id = freshId();
  const nodes = [{ tag: 'biz', attrs: { native_flow_name: 'order_details' } }];
  await device.session.send({ id, jid: jidOf(number), message: { conversation: 'hello' }, nodes });
  expect((await received(id)).childTags).toContain('biz');
});

test('what is prepared needs no further question when it is sent', async () => {
  const other = freshNumber();
  await device.prepare(other);
  scene.sandbox.resetCounters();
  const id = freshId();
  await device.sendText(other, id);
  await scene.received(other, id);
  expect(scene.sandbox.counters()).toMatchObject({ usync: { queries: 0 }, keyFetches: { requests: 0 } });
});
