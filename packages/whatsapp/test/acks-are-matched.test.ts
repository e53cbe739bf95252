import { expect, test } from '@jest/globals';
import { UnknownOutcomeError } from '@pombo/whatsapp';
import { createAckWaiter } from '../src/sending/ack-waiter.js';
import { failureOf } from './failure-of.js';

test('a sending that fails late does not end the wait of the next one under the same id', async () => {
  const acks = createAckWaiter();
  const first = acks.expect('ID', 5_000);
  acks.abandonAll();
  const failure = await failureOf(first.acknowledged);
  expect(failure).toBeInstanceOf(UnknownOutcomeError);
  expect(failure).toMatchObject({ timedOut: false, disconnected: true });
  const second = acks.expect('ID', 5_000);
  // The first sending was still waiting inside Baileys and learns only now that it came to nothing.
  first.fail(new Error('too late to matter'));
  expect(acks.settle({ id: 'ID' })).toBe(true);
  expect(await second.acknowledged).toEqual({ id: 'ID' });
});

test('of two sendings under one id at once, the ack is for the later', async () => {
  const acks = createAckWaiter();
  const first = failureOf(acks.expect('ID', 5_000).acknowledged);
  const second = acks.expect('ID', 5_000);
  expect(await first).toBeInstanceOf(UnknownOutcomeError);
  acks.settle({ id: 'ID' });
  await second.acknowledged;
});

test('an ack nobody waits for is left to others', () => {
  expect(createAckWaiter().settle({ id: 'ID' })).toBe(false);
});
