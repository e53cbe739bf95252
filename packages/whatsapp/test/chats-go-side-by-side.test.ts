/**
 * Baileys would send one message of an account after the other, and each of them steps the session with the account's own
 * phone: what one chat waits for would hold up all others.
 */
import { expect, test } from '@jest/globals';
import { createScene, freshId, freshNumber } from './scene.js';

const scene = createScene();
const CHATS = 8;

test('messages to several chats wait for their ratchets together, and each is stored before it leaves', async () => {
  const device = await scene.device();
  const numbers = Array.from({ length: CHATS }, () => freshNumber());
  await Promise.all(numbers.map((number) => device.sendText(number)));
  // So slow that one after the other would show.
  device.auth.writeDelayMs = 100;
  const before = device.auth.journal.length;
  const ids = numbers.map(() => freshId());
  await Promise.all(numbers.map((number, nth) => device.sendText(number, ids[nth])));
  const writes = device.auth.journal.slice(before);
  expect(writes.length).toBeLessThan(CHATS / 2);

  for (const [nth, number] of numbers.entries()) {
    expect(await scene.received(number, ids[nth] ?? '')).toMatchObject({ displayedCount: 1, failures: [] });
    const { lid } = await scene.sandbox.recipient(number);
    expect(writes.flat()).toContain(`session:${lid.split('@')[0]}_1.0`);
  }
  expect(scene.sandbox.counters()).toMatchObject({ decryptFailures: 0, retryReceiptsSent: 0 });
});
