import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { createMemoryDeviceLists } from './memory-device-lists.js';
import { createScene, freshId, freshNumber, jidOf, type TestSession } from './scene.js';

const scene = createScene();
/** What both accounts know of recipients' devices. */
const lists = new Map<string, string>();
let first: TestSession;
let second: TestSession;
beforeAll(async () => {
  first = await scene.device({ kept: true, deviceLists: createMemoryDeviceLists(lists) });
  second = await scene.device({ kept: true, deviceLists: createMemoryDeviceLists(lists) });
});
beforeEach(() => scene.sandbox.resetCounters());

test('a number is resolved to the JID WhatsApp knows it by', async () => {
  const { session } = first;
  expect(await session.resolveRecipient(jidOf('447700900999'))).toBe('447700900999@s.whatsapp.net');
  // Brazil's ninth digit: area codes up to 28 have it, the others don't.
  expect(await session.resolveRecipient(jidOf('551188887777'))).toBe('5511988887777@s.whatsapp.net');
  expect(await session.resolveRecipient(jidOf('5531988887777'))).toBe('553188887777@s.whatsapp.net');
  scene.sandbox.setFaults({ notOnWhatsApp: ['447700900998'] });
  expect(await session.resolveRecipient(jidOf('447700900998'))).toBeUndefined();
});

test('a LID or a group needs no resolving', async () => {
  const { session } = first;
  expect(await session.resolveRecipient('123456789012345@lid')).toBe('123456789012345@lid');
  expect(await session.resolveRecipient('120363000000000000@g.us')).toBe('120363000000000000@g.us');
  expect(scene.sandbox.counters().usync.queries).toBe(0);
});

test('devices one account learned of are known to the next, own devices stay its own', async () => {
  const number = freshNumber();
  await first.sendText(number);
  expect(first.deviceLists.saved).toEqual([number]);

  const id = freshId();
  await second.sendText(number, id);
  const message = await scene.received(number, id, ({ decrypted }) => decrypted[0] === 1 && decrypted[1] === 1);
  expect(message.failures).toEqual([]);
  expect(second.deviceLists.read).toContain(number);
  // It asked WhatsApp for nobody's devices but its own.
  expect(second.deviceLists.saved).toEqual([]);
  const own = [first.jid, second.jid].map((jid) => jid.split(':')[0]);
  expect([...lists.keys()]).toEqual([number]);
  for (const user of own) expect(first.deviceLists.read.concat(second.deviceLists.read)).not.toContain(user);

  scene.sandbox.resetCounters();
  await second.sendText(number);
  await first.sendText(number);
  expect(scene.sandbox.counters().usync.queries).toBe(0);
});

test('a companion that is announced gets the next message of every account', async () => {
  const number = freshNumber();
  await first.sendText(number);
  const before = lists.get(number);
  const devices = scene.sandbox.changeDevices(number, { add: 1 });
  expect(devices).toEqual([0, 1, 2]);
  await eventually('the list has changed', () => lists.get(number) !== before);
  for (const device of [first, second]) {
    const id = freshId();
    await device.sendText(number, id);
    await scene.received(number, id, ({ decrypted }) => decrypted[0] === 1 && decrypted[2] === 1);
  }
});
