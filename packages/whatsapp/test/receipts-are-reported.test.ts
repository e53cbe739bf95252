import { expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { splitMessage } from '@pombo/whatsapp';
import { createScene, freshId, freshNumber, jidOf, type TestSession } from './scene.js';

const scene = createScene({ readReceipts: true });

/** Kinds of receipts reported for a message, each once. */
const kindsOf = ({ receipts }: TestSession, id: string): string[] =>
  [...new Set(receipts.filter(({ messageIds }) => messageIds.includes(id)).map(({ kind }) => kind))].sort();

test('recipients’ receipts are reported, those of our own phone are not', async () => {
  const device = await scene.device();
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
  const device = await scene.device({ auth });
  const id = freshId();
  await device.sendText(number, id);
  await device.session.stop();
  await eventually('the device is away', () => scene.sandbox.devices().every(({ connected }) => !connected));
  scene.sandbox.setFaults({ absent: null });
  await eventually('receipts wait for it', () =>
    scene.sandbox.devices().some(({ jid, unconfirmed }) => jid === device.jid && unconfirmed >= 3),
  );
  expect(device.receipts).toEqual([]);

  const back = await scene.device({ auth: auth.successor() });
  await eventually('both receipts', () => kindsOf(back, id).length === 2);
  expect(kindsOf(back, id)).toEqual(['delivered', 'read']);
});

test('a recipient with new keys asks again, gets what was sent, and shows it once', async () => {
  const number = freshNumber();
  const asked: string[] = [];
  const message = { conversation: 'as it was' };
  const device = await scene.device({
    readSent: (messageId) => {
      asked.push(messageId);
      return Promise.resolve(splitMessage(message));
    },
  });
  await device.sendText(number);
  scene.sandbox.changeIdentity(number, { announce: false });
  const id = freshId();
  await device.session.send({ id, jid: jidOf(number), message });
  const received = await scene.received(number, id);
  expect(received.failures).toHaveLength(1);
  expect(received).toMatchObject({ displayedCount: 1, message: { conversation: 'as it was' } });
  expect(asked).toEqual([id]);
  expect(scene.sandbox.counters().retryReceiptsSent).toBe(1);
});

test('a message that is no longer kept is not answered with something else', async () => {
  const number = freshNumber();
  const asked: string[] = [];
  const device = await scene.device({
    readSent: (messageId) => {
      asked.push(messageId);
      return Promise.resolve(undefined);
    },
  });
  await device.sendText(number);
  scene.sandbox.changeIdentity(number, { announce: false });
  const id = freshId();
  await device.sendText(number, id);
  await eventually('the question', () => asked.length > 0);
  expect(asked).toEqual([id]);
  // The session was made anew all the same: the next message can be read.
  const next = freshId();
  await device.sendText(number, next);
  expect((await scene.received(number, next)).failures).toEqual([]);
  const { messages } = await scene.sandbox.recipient(number, { messageId: id });
  expect(messages[0]?.displayedCount).toBe(0);
});
