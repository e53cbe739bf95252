/**
 * A Signal session is read, stepped and written for every message that goes out or comes in. What comes in names a person
 * by LID and what goes out by number, and both are one session: were they stepped at the same time, one step would be
 * lost, and the next message could not be read.
 */
import { expect, test } from '@jest/globals';
import { createScene, freshId, freshNumber } from './scene.js';

const scene = createScene();

test('a message that comes in while another goes out costs neither its place in the ratchet', async () => {
  const number = freshNumber();
  const device = await scene.device();
  const first = freshId();
  await device.sendText(number, first);
  await scene.received(number, first);
  await scene.sandbox.reply(number, device.jid, 'hello');
  // So slow that whatever comes meanwhile finds the session unwritten.
  device.auth.writeDelayMs = 150;
  const crossing = freshId();
  const sent = device.sendText(number, crossing);
  await scene.sandbox.reply(number, device.jid, 'are you there?');
  await sent;
  const last = freshId();
  await device.sendText(number, last);
  await scene.sandbox.reply(number, device.jid, 'ah');

  for (const id of [crossing, last]) expect(await scene.received(number, id)).toMatchObject({ failures: [] });
  expect(scene.sandbox.counters()).toMatchObject({ decryptFailures: 0, retryReceiptsSent: 0 });
  expect(device.received.map(({ message }) => message.text)).toEqual(['hello', 'are you there?', 'ah']);
});
