/**
 * What a process that dies at the worst moment leaves behind: the stanza has arrived, and nothing that was to be written
 * after it is ever written. The control runs show that the tests would notice.
 */
import { expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { UnknownOutcomeError } from '@pombo/whatsapp';
import { failureOf } from './failure-of.js';
import { createScene, freshId, freshNumber, type TestSession } from './scene.js';

const scene = createScene();

/** A device whose recipient has answered, so that what it sends next continues a ratchet instead of starting one. */
async function inConversation(number: string, durableRatchet: boolean): Promise<TestSession> {
  const device = await scene.device({ durableRatchet });
  const first = freshId();
  await device.sendText(number, first);
  await scene.received(number, first);
  await scene.sandbox.reply(number, device.jid, 'thank you');
  const before = await storedSession(device, number);
  const second = freshId();
  await device.sendText(number, second);
  const { encTypes } = await scene.received(number, second);
  expect(encTypes[0]).toBe('msg');
  // Baileys writes after the acknowledgement, if left to itself.
  await eventually('its ratchet is stored', async () => (await storedSession(device, number)) !== before);
  return device;
}

/** Stored text of the Signal session with the recipient's phone. */
async function storedSession({ auth }: TestSession, number: string): Promise<string> {
  const { lid } = await scene.sandbox.recipient(number);
  const text = auth.values.get(`session:${lid.split('@')[0]}_1.0`);
  if (text === undefined) throw new Error('there is no session with the recipient');
  return text;
}

/** The device dies when its third message has arrived; its successor sends that one again, then another. */
async function sendAcrossACrash(durableRatchet: boolean) {
  const number = freshNumber();
  const doomed = await inConversation(number, durableRatchet);
  const before = await storedSession(doomed, number);
  doomed.auth.writeDelayMs = 300;
  scene.sandbox.setFaults({ dropAcks: 'all' });
  const third = freshId();
  const sent = failureOf(doomed.sendText(number, third));
  await scene.received(number, third, ({ arrivals }) => arrivals[0] === 1);
  const wasStored = (await storedSession(doomed, number)) !== before;
  doomed.auth.die();
  await doomed.session.stop();
  expect(await sent).toBeInstanceOf(UnknownOutcomeError);
  scene.sandbox.clearFaults();

  const successor = await scene.device({ auth: doomed.auth.successor(), durableRatchet });
  await successor.sendText(number, third);
  const fourth = freshId();
  await successor.sendText(number, fourth);
  const twice = await scene.received(number, third, ({ arrivals }) => (arrivals[0] ?? 0) >= 2);
  const after = await scene.received(number, fourth, ({ arrivals }) => (arrivals[0] ?? 0) >= 1);
  return { wasStored, twice, after };
}

test('the ratchet is stored when the stanza arrives: after a crash then, the same id and the next message can be read', async () => {
  const { wasStored, twice, after } = await sendAcrossACrash(true);
  expect(wasStored).toBe(true);
  expect(twice).toMatchObject({ displayedCount: 1, arrivals: { 0: 2, 1: 2 }, failures: [] });
  expect(after).toMatchObject({ displayedCount: 1, failures: [] });
  expect(scene.sandbox.counters()).toMatchObject({ decryptFailures: 0, retryReceiptsSent: 0 });
});

test('the control run, which leaves the ratchet to Baileys, uses a counter twice', async () => {
  const { wasStored, twice } = await sendAcrossACrash(false);
  expect(wasStored).toBe(false);
  expect(twice.failures[0]?.reason).toContain('Key used already or never filled');
});

test('a refused write ends the socket before anything leaves', async () => {
  const number = freshNumber();
  const device = await inConversation(number, true);
  const refusal = new Error('another worker owns this device now');
  device.auth.refusal = refusal;
  scene.sandbox.resetCounters();
  const id = freshId();
  const begun = Date.now();
  const failure = await failureOf(device.sendText(number, id));
  expect(failure).toBeInstanceOf(UnknownOutcomeError);
  expect(Date.now() - begun).toBeLessThan(3_000);
  expect(device.evictions).toEqual([refusal]);
  expect(device.session.state).toBe('ended');
  expect(device.order.slice(-2)).toEqual(['ended', 'evicted']);

  await eventually('the server sees it go', () =>
    scene.sandbox.devices().every(({ jid, connected }) => {
      return jid !== device.jid || !connected;
    }),
  );
  expect(scene.sandbox.counters()).toMatchObject({ stanzas: {}, messages: { received: 0 }, arrivals: 0 });
  // The device stays paired: whoever owns it now goes on with it.
  const heir = await scene.device({ auth: device.auth.successor() });
  await heir.sendText(number, id);
  expect((await scene.received(number, id)).failures).toEqual([]);
});

test('credentials that cannot be written evict the session too, once', async () => {
  const device = await scene.open({ auth: await scene.pairedStore() });
  device.auth.refusal = new Error('another worker owns this device now');
  device.session.start();
  await eventually('the eviction', () => device.evictions.length > 0);
  await eventually('all its writes are answered', async () => {
    const asked = device.auth.journal.length;
    await device.session.stop();
    return asked === device.auth.journal.length;
  });
  expect(device.evictions).toHaveLength(1);
  expect(device.order.filter((name) => name === 'ended')).toHaveLength(1);
  expect(device.order).not.toContain('waiting');
});
