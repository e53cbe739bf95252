/**
 * kill -9 after the stanza left and before its acknowledgement was seen: the message is sent again under its id, the
 * phone shows it once, and it and everything after it can be read. The control run shows that this is the work of
 * writing the ratchet before the bytes leave.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { SLOW_AUTH_WORKER, startChildApp, WORKER } from './harness/child-app.js';
import { makePicture } from './harness/picture.js';
import { type PictureServer, startPictureServer } from './harness/picture-server.js';
import { createTestSender, type TestSender } from './harness/send-jobs.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let pictures: PictureServer;
let sender: TestSender;
beforeAll(async () => {
  // Receipts come so late that only the acknowledgement of a second sending can settle the message.
  stack = await startStack({ sandbox: { receiptDelayMs: 8000 } });
  pictures = await startPictureServer(await makePicture());
  stack.onClose(() => pictures.stop());
  sender = createTestSender(stack.store, stack.tenantId);
  stack.onClose(() => sender.close());
});
afterAll(() => stack.close());

const imageTo = (deviceId: string, number: string) =>
  sender.send({ deviceId, number, content: { type: 'image', source: { url: pictures.url('/picture.png') } } });

async function receivedBy(number: string, messageId: string) {
  const { messages } = await stack.sandbox.recipient(number, { messageId });
  return messages[0];
}

/** Sends three messages; the worker is killed when the second has reached the phone, unacknowledged. */
async function sendAcrossAKill(number: string, durableRatchet: boolean): Promise<string[]> {
  const { deviceId, jid } = await stack.addPairedDevice();
  const env = { ...stack.env, AUTH_WRITE_DELAY_MS: '250', DURABLE_RATCHET: String(durableRatchet) };
  const doomed = startChildApp(SLOW_AUTH_WORKER, env);
  await stack.whenConnected(deviceId);
  const first = await imageTo(deviceId, number);
  await stack.whenState(first, 'sent', 'delivered');
  await stack.sandbox.reply(number, jid, 'thank you');

  stack.sandbox.setFaults({ dropAcks: { number } });
  const second = await imageTo(deviceId, number);
  await eventually('the second message reaches the phone', () => receivedBy(number, second));
  await doomed.kill('SIGKILL');
  stack.sandbox.setFaults({ dropAcks: null });

  const third = await imageTo(deviceId, number);
  const successor = startChildApp(WORKER, stack.env);
  try {
    await stack.whenState(second, 'sent', 'delivered');
    await stack.whenState(third, 'sent', 'delivered');
  } finally {
    await successor.kill('SIGTERM');
  }
  return [first, second, third];
}

describe('a worker killed between socket write and acknowledgement', () => {
  test('leaves a message that is displayed once and readable, like those after it', async () => {
    const number = '5511999990002';
    const ids = await sendAcrossAKill(number, true);
    for (const id of ids) {
      const message = await receivedBy(number, id);
      expect(message).toMatchObject({ displayedCount: 1, failures: [] });
    }
    const [, second] = ids;
    const resent = await receivedBy(number, second ?? '');
    expect(resent?.encTypes['0']).toBe('msg');
    expect(resent?.arrivals['0']).toBe(2);
    const { messages } = await stack.sandbox.recipient(number);
    expect(messages.filter(({ fromMe }) => !fromMe).map(({ id }) => id)).toEqual(ids);
  });

  test('would leave it unreadable if the ratchet were not written first (control run)', async () => {
    const number = '5511999990003';
    const ids = await sendAcrossAKill(number, false);
    const received = await Promise.all(ids.map((id) => receivedBy(number, id)));
    expect(received.flatMap((message) => message?.failures ?? []).length).toBeGreaterThan(0);
  });
});
