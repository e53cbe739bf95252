import { expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { createScene, freshId, freshNumber } from './scene.js';

const scene = createScene();
const textsOf = (received: ReadonlyArray<{ readonly message: { readonly text?: string } }>) =>
  received.map(({ message }) => message.text);

test('a message that somebody wrote is confirmed only when it is kept, and kept once', async () => {
  const number = freshNumber();
  // It has sent nothing: there are no receipts to confirm.
  const device = await scene.device();
  let keep: () => void = () => undefined;
  const kept = new Promise<void>((resolve) => (keep = resolve));
  const received = device.reports.received.bind(device.reports);
  device.reports.received = async (message) => {
    await received(message);
    await kept;
  };

  const unconfirmed = () => scene.sandbox.devices().find(({ jid }) => jid === device.jid)?.unconfirmed;
  const confirmed = scene.sandbox.reply(number, device.jid, 'keep this');
  await eventually('it comes', () => device.received.length > 0);
  expect(unconfirmed()).toBe(1);
  keep();
  await confirmed;
  expect(textsOf(device.received)).toEqual(['keep this']);
});

test('a message that could not be kept is asked for again', async () => {
  const number = freshNumber();
  const device = await scene.device();
  await device.sendText(number, freshId());
  const received = device.reports.received.bind(device.reports);
  let refusals = 0;
  device.reports.received = (message) => {
    if (refusals > 0) return received(message);
    refusals += 1;
    return Promise.reject(new Error('nobody could write it down'));
  };

  await scene.sandbox.reply(number, device.jid, 'once more');
  await eventually('it is kept', () => device.received.length > 0);
  expect({ refusals, texts: textsOf(device.received) }).toEqual({ refusals: 1, texts: ['once more'] });
});

test('a process that dies before it has kept a message leaves it to be read by the next', async () => {
  const number = freshNumber();
  const first = await scene.device();
  await first.sendText(number, freshId());
  await scene.sandbox.reply(number, first.jid, 'a session is there');
  await eventually('it is kept', () => first.received.length === 1);
  let comes = false;
  first.reports.received = () => {
    comes = true;
    return new Promise(() => undefined);
  };
  void scene.sandbox.reply(number, first.jid, 'in the middle of it');
  await eventually('it is read', () => comes);
  first.auth.die();
  await first.session.stop();

  const second = await scene.device({ auth: first.auth.successor() });
  await eventually('it is kept by the next', () => second.received.length > 0);
  expect(textsOf(second.received)).toEqual(['in the middle of it']);
  expect(scene.sandbox.counters().retryReceiptsReceived).toBe(0);
});
