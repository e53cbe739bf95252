import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { type SplitMessage, splitMessage } from '@pombo/whatsapp';
import { createScene, freshId, freshNumber, jidOf, type TestSession } from './scene.js';

const scene = createScene({ readReceipts: true });
/** What is kept of messages sent, and the ids that were asked for. */
const kept = new Map<string, SplitMessage>();
const asked: string[] = [];
let device: TestSession;
beforeAll(async () => {
  const readSent = (messageId: string) => {
    asked.push(messageId);
    return Promise.resolve(kept.get(messageId));
  };
  device = await scene.device({ kept: true, readSent });
});
beforeEach(() => {
  asked.length = 0;
  scene.sandbox.resetCounters();
});

/** Kinds of receipts reported for a message, each once. */
const kindsOf = ({ receipts }: TestSession, id: string): string[] =>
  [...new Set(receipts.filter(({ messageIds }) => messageIds.includes(id)).map(({ kind }) => kind))].sort();

test('recipients’ receipts are reported, those of our own phone are not', async () => {
  const id = freshId();
  await device.sendText(freshNumber(), id);
  await eventually('both receipts', () => kindsOf(device, id).length === 2);
  expect(kindsOf(device, id)).toEqual(['delivered', 'read']);

  const toSelf = freshId();
  const ownNumber = device.jid.split(':')[0] ?? '';
  await device.sendText(ownNumber, toSelf);
  await scene.received(ownNumber, toSelf);
  expect(kindsOf(device, toSelf)).toEqual([]);
});

test('receipts that came while the device was away are reported when it is back', async () => {
  const number = freshNumber();
  scene.sandbox.setFaults({ absent: [number] });
  const auth = await scene.pairedStore();
  const leaving = await scene.device({ auth });
  const seen = () => scene.sandbox.devices().find(({ jid }) => jid === leaving.jid);
  const id = freshId();
  await leaving.sendText(number, id);
  await leaving.session.stop();
  await eventually('the device is away', () => seen()?.connected === false);
  scene.sandbox.setFaults({ absent: null });
  await eventually('receipts wait for it', () => (seen()?.unconfirmed ?? 0) >= 3);
  expect(leaving.receipts).toEqual([]);

  const back = await scene.device({ auth: auth.successor() });
  await eventually('both receipts', () => kindsOf(back, id).length === 2);
  expect(kindsOf(back, id)).toEqual(['delivered', 'read']);
});

test('a recipient with new keys asks again, gets what was sent, and shows it once', async () => {
  const number = freshNumber();
  const message = { conversation: 'as it was' };
  await device.sendText(number);
  scene.sandbox.changeIdentity(number, { announce: false });
  const id = freshId();
  kept.set(id, splitMessage(message));
  await device.session.send({ id, jid: jidOf(number), message });
  const received = await scene.received(number, id);
  expect(received.failures).toHaveLength(1);
  expect(received).toMatchObject({ displayedCount: 1, message: { conversation: 'as it was' } });
  expect(asked).toEqual([id]);
  expect(scene.sandbox.counters().retryReceiptsSent).toBe(1);
});

test('a recipient that asks for what is no longer kept gets nothing, but can read what comes next', async () => {
  const number = freshNumber();
  await device.sendText(number);
  const { lid } = await scene.sandbox.recipient(number);
  const sessions = (): number => {
    const text = device.auth.values.get(`session:${lid.split('@')[0]}_1.0`) ?? '{}';
    return Object.keys((JSON.parse(text) as { _sessions?: object })._sessions ?? {}).length;
  };
  const before = sessions();
  scene.sandbox.changeIdentity(number, { announce: false });
  const id = freshId();
  await device.sendText(number, id);
  await eventually('a new session', () => sessions() > before);
  expect(asked).toEqual([id]);
  const next = freshId();
  await device.sendText(number, next);
  expect((await scene.received(number, next)).failures).toEqual([]);
  const { messages } = await scene.sandbox.recipient(number, { messageId: id });
  expect(messages[0]?.displayedCount).toBe(0);
});
