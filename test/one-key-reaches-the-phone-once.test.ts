/** An Idempotency-Key through the whole stack: whatever is repeated, the recipient gets one message. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ApiClient } from './harness/api-client.js';
import { startStack, type Stack, type TestDevice } from './harness/stack.js';

let stack: Stack;
let apis: ApiClient[];
let device: TestDevice;

beforeAll(async () => {
  stack = await startStack();
  apis = [await stack.startIngress(), await stack.startIngress()];
  device = await stack.addPairedDevice();
  await stack.startWorker();
  await stack.whenConnected(device.deviceId);
});
afterAll(() => stack.close());

test('50 requests at once over two ingresses, and more after it was sent, are one message on the phone', async () => {
  const number = '5511999990500';
  const send = (turn: number) =>
    (apis[turn % 2] as ApiClient).post('/send/text', { number, text: 'once' }, { 'idempotency-key': 'order-1' });
  const answers = await Promise.all(Array.from({ length: 50 }, (_, turn) => send(turn)));
  const ids = new Set(answers.map(({ body }) => String(body['message_id'])));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  expect(ids.size).toBe(1);
  const [id = ''] = ids;
  await stack.whenState(id, 'delivered', 'read');
  expect((await send(1)).body).toEqual(answers[0]?.body);
  const waited = await apis[0]?.post(
    '/send/text',
    { number, text: 'once' },
    { 'idempotency-key': 'order-1', prefer: 'wait=20' },
  );
  expect([waited?.status, waited?.body['message_id']]).toEqual([200, id]);
  // A message behind it in the same chat has arrived, so nothing is under way any more.
  const last = await apis[0]?.post('/send/text', { number, text: 'last' });
  await stack.whenState(String(last?.body['message_id']), 'delivered', 'read');
  const { messages } = await stack.sandbox.recipient(number);
  expect(messages.map((message) => [message.id, message.displayedCount])).toEqual([
    [id, 1],
    [last?.body['message_id'], 1],
  ]);
});

test('a message canceled while it shows typing does not reach the phone', async () => {
  const number = '5511999990501';
  const [api] = apis as [ApiClient, ApiClient];
  const accepted = await api.post('/send/text', { number, text: 'no', delay: 2 });
  const id = String(accepted.body['message_id']);
  await stack.whenState(id, 'processing');
  const answer = await fetch(`${api.url}/messages/${id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${api.token}` },
  });
  expect([answer.status, ((await answer.json()) as Record<string, unknown>)['status']]).toEqual([200, 'canceled']);
  const again = await api.post(`/messages/${id}/resend`, {});
  const next = String(again.body['message_id']);
  await stack.whenState(next, 'delivered', 'read');
  const { messages } = await stack.sandbox.recipient(number);
  expect(messages.map((message) => message.id)).toEqual([next]);
  expect((await stack.store.messages.read(id))?.state).toBe('canceled');
});
