/** Whatever an ingress had done when it was killed, the request repeated at another one is one message on the phone. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import type { ApiClient } from './harness/api-client.js';
import { createApiClient } from './harness/api-client.js';
import { type ChildApp, DYING_INGRESS, startChildApp } from './harness/child-app.js';
import { startStack, type Stack } from './harness/stack.js';

const STEPS = ['claim', 'accept', 'finish'].flatMap((step) => ['before', 'after'].map((when) => ({ step, when })));

let stack: Stack;
let api: ApiClient;
let dying: ChildApp | undefined;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.startIngress();
  const { deviceId } = await stack.addPairedDevice();
  await stack.startWorker();
  await stack.whenConnected(deviceId);
});
afterEach(() => dying?.kill('SIGKILL'));
afterAll(() => stack.close());

test.each(STEPS.map(({ step, when }, index) => [when, step, index] as const))(
  'killed %s the step "%s"',
  async (when, step, index) => {
    const number = `551199999060${index}`;
    const send = (to: ApiClient) =>
      to.post('/send/text', { number, text: 'once' }, { 'idempotency-key': `killed-${index}` });
    const child = startChildApp(DYING_INGRESS, { ...stack.env, DIE_AT: step, DIE: when });
    dying = child;
    const url = await eventually('the ingress listens', () => /^http\S+$/m.exec(child.output())?.[0]);
    await untilItDies(() => send(createApiClient(url, api.token)));

    const [first, again] = [await send(api), await send(api)];
    const id = String(first.body['message_id']);
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body).toEqual(first.body);
    const wasAccepted = step === 'finish' || (step === 'accept' && when === 'after');
    expect(first.headers.get('idempotency-replayed')).toBe(wasAccepted ? 'true' : null);
    expect(again.headers.get('idempotency-replayed')).toBe('true');

    // A message behind it in the same chat has arrived, so nothing is under way any more.
    const last = String((await api.post('/send/text', { number, text: 'last' })).body['message_id']);
    await stack.whenState(last, 'delivered', 'read');
    const { messages } = await stack.sandbox.recipient(number);
    expect(messages.map((message) => [message.id, message.displayedCount])).toEqual([
      [id, 1],
      [last, 1],
    ]);
  },
);

/** One that has just started on a busy machine may find Redis slow, and says so: then the request is repeated, as a client would. */
async function untilItDies(send: () => Promise<{ readonly status: number }>): Promise<void> {
  await eventually('the ingress dies with the request in hand', async () => {
    const answer = await send().catch((error: unknown) => error);
    if (answer instanceof Error) return answer.message === 'fetch failed';
    expect(answer).toMatchObject({ status: 503, body: { error_code: 'QUEUE_UNAVAILABLE' } });
    return false;
  });
}
