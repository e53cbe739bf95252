import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { failureOf } from './failure-of.js';
import { createScene, freshId, freshNumber, type TestSession } from './scene.js';

const scene = createScene({ distinctIdentities: 2 });
let device: TestSession;
beforeAll(async () => {
  device = await scene.device({ kept: true });
});
beforeEach(() => scene.sandbox.resetCounters());

const createGroup = (participants: readonly string[]) =>
  scene.sandbox.createGroup({ subject: 'Pigeons', owner: device.jid, participants });

/** Prepares for everybody in the group as the worker does, and sends. */
async function sendToGroup(groupJid: string): Promise<string> {
  const { session } = device;
  const members = await session.listMembers(groupJid);
  const answers = await session.listDevices(members);
  await session.prepareChats(
    answers.flatMap(({ jid, devices }) => (jid && devices !== undefined ? { jid, devices } : [])),
  );
  const id = freshId();
  await session.send({ id, jid: groupJid, message: { conversation: 'hello all' } });
  return id;
}

const whenReadBy = (groupJid: string, id: string, ...numbers: string[]) =>
  eventually('everybody has read it', async () => {
    const { members } = await scene.sandbox.group(groupJid, { messageId: id });
    return numbers.every((number) => members[number]?.[0]?.decrypted[0] === 1);
  });

test('members are asked for once, and sending asks for nothing more', async () => {
  const numbers = [freshNumber(), freshNumber()];
  const { id: groupJid } = createGroup(numbers);
  await whenReadBy(groupJid, await sendToGroup(groupJid), ...numbers);
  await whenReadBy(groupJid, await sendToGroup(groupJid), ...numbers);
  expect(scene.sandbox.counters().iqs).toMatchObject({ 'get w:g2 query': 1 });
  expect(scene.sandbox.counters().keyFetches.requests).toBeLessThanOrEqual(2);
  for (const number of numbers) expect(scene.sandbox.counters().keyFetches.byRecipient[number]).toBe(2);
});

test('who was added gets the next message, who was removed does not', async () => {
  const [stays, leaves, comes] = [freshNumber(), freshNumber(), freshNumber()];
  const { id: groupJid } = createGroup([stays, leaves]);
  await whenReadBy(groupJid, await sendToGroup(groupJid), stays, leaves);

  scene.sandbox.changeGroup(groupJid, { add: [comes], remove: [leaves] });
  const jidOfNew = (await scene.sandbox.recipient(comes)).lid;
  await eventually('the change is known', async () => (await device.session.listMembers(groupJid)).includes(jidOfNew));
  const id = await sendToGroup(groupJid);
  await whenReadBy(groupJid, id, stays, comes);
  const { messages } = await scene.sandbox.recipient(leaves, { messageId: id });
  expect(messages).toEqual([]);
});

test('a group there is not, or where this account is no member, is an outcome of its own', async () => {
  const strangers = { subject: 'Others', owner: freshNumber(), participants: [freshNumber()] };
  const { id: foreign } = scene.sandbox.createGroup(strangers);
  expect(await failureOf(device.session.listMembers(foreign))).toMatchObject({
    code: 'REJECTED_BY_WHATSAPP',
    retryable: false,
  });
  expect(await failureOf(device.session.listMembers('120363099999999999@g.us'))).toMatchObject({
    code: 'RECIPIENT_NOT_ON_WHATSAPP',
    retryable: false,
  });
});

test('questions about a group at the same time are one', async () => {
  const { id: groupJid } = createGroup([freshNumber()]);
  await Promise.all([device.session.listMembers(groupJid), device.session.listMembers(groupJid)]);
  expect(scene.sandbox.counters().iqs).toMatchObject({ 'get w:g2 query': 1 });
});
