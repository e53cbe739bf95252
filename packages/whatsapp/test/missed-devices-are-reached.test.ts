import { beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { createScene, freshId, freshNumber, type TestSession } from './scene.js';

const scene = createScene();
let device: TestSession;
beforeAll(async () => {
  device = await scene.device({ kept: true });
});

/** Links a companion without the sender hearing of it. @returns its device id. */
function linkUnheard(number: string): number {
  const devices = scene.sandbox.changeDevices(number, { add: 1, announce: false });
  return devices.at(-1) ?? -1;
}

test('a device the recipient linked meanwhile gets the message too, and no device twice', async () => {
  const number = freshNumber();
  await device.sendText(number);
  const added = linkUnheard(number);
  const id = freshId();
  await device.sendText(number, id);
  const message = await scene.received(number, id, ({ arrivals }) => arrivals[added] === 1);
  expect(message.failures).toEqual([]);
  expect(Object.values(message.arrivals)).toEqual([1, 1, 1]);

  // From now on it is written to like the others.
  const next = freshId();
  const { received } = scene.sandbox.counters().messages;
  await device.sendText(number, next);
  await scene.received(number, next, ({ arrivals }) => Object.keys(arrivals).length === 3);
  expect(scene.sandbox.counters().messages.received).toBe(received + 1);
});

test('a device heard of between the write and the acknowledgement is reached all the same', async () => {
  const number = freshNumber();
  await device.sendText(number);
  scene.sandbox.setFaults({ delayAcksMs: 300 });
  const id = freshId();
  const added = linkUnheard(number);
  const sent = device.sendText(number, id);
  await scene.received(number, id);
  scene.sandbox.changeDevices(number, { add: 1, announce: true });
  await sent;
  await scene.received(number, id, ({ arrivals }) => arrivals[added] === 1);
});

test('a hash that nothing explains is looked into once', async () => {
  const number = freshNumber();
  await device.sendText(number);
  scene.sandbox.setFaults({ ackPhash: true });
  const asked = () => scene.sandbox.counters().usync.queries;
  const list = () => device.book.lists.get(number);
  const [before, known] = [asked(), list()];
  await device.sendText(number);
  // About the recipient and about this account. Until both are answered, Baileys itself may ask about the account.
  await eventually('it is looked into', () => asked() === before + 2 && list() !== known);
  await device.sendText(number);
  await device.sendText(number);
  expect(asked()).toBe(before + 2);
});
