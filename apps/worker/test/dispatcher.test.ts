import { expect, test } from '@jest/globals';
import { eventually } from '@pombo/testing';
import { createDispatcher } from '../src/sending/dispatcher.js';

interface Step {
  readonly promise: Promise<void>;
  finish(): void;
  fail(error: Error): void;
}
function step(): Step {
  let finish: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  return { promise, finish: () => finish(), fail: (error) => fail(error) };
}

/** Starts a message whose preparation and dispatch end when the test says so. */
function start(dispatcher: ReturnType<typeof createDispatcher>, chat: string, log: string[], name: string) {
  const [preparing, sending] = [step(), step()];
  const done = dispatcher.run(
    chat,
    async () => {
      log.push(`prepare ${name}`);
      await preparing.promise;
    },
    () =>
      dispatcher.inFlight(async () => {
        log.push(`dispatch ${name}`);
        await sending.promise;
      }),
  );
  done.catch(() => undefined);
  return { preparing, sending, done };
}

test('messages of a chat leave in order although the second is prepared sooner', async () => {
  const dispatcher = createDispatcher(4);
  const log: string[] = [];
  const first = start(dispatcher, 'a', log, 'a1');
  const second = start(dispatcher, 'a', log, 'a2');
  expect(log).toEqual(['prepare a1', 'prepare a2']);
  second.preparing.finish();
  first.preparing.finish();
  await eventually('the first leaves', () => log.includes('dispatch a1'));
  expect(log).not.toContain('dispatch a2');
  first.sending.finish();
  await eventually('the second leaves', () => log.includes('dispatch a2'));
  second.sending.finish();
  await Promise.all([first.done, second.done]);
});

test('a slow preparation holds up only its own chat', async () => {
  const dispatcher = createDispatcher(1);
  const log: string[] = [];
  const slow = start(dispatcher, 'a', log, 'a1');
  const behind = start(dispatcher, 'a', log, 'a2');
  const other = start(dispatcher, 'b', log, 'b1');
  behind.preparing.finish();
  other.preparing.finish();
  other.sending.finish();
  await other.done;
  expect(log).not.toContain('dispatch a2');
  for (const message of [slow, behind]) {
    message.preparing.finish();
    message.sending.finish();
  }
  await Promise.all([slow.done, behind.done]);
  expect(log.slice(-2)).toEqual(['dispatch a1', 'dispatch a2']);
});

test('a failed message lets the next of its chat go, but not before those in front of it', async () => {
  const dispatcher = createDispatcher(4);
  const log: string[] = [];
  const first = start(dispatcher, 'a', log, 'a1');
  const broken = start(dispatcher, 'a', log, 'a2');
  const third = start(dispatcher, 'a', log, 'a3');
  third.preparing.finish();
  broken.preparing.fail(new Error('no such picture'));
  await expect(broken.done).rejects.toThrow('no such picture');
  first.preparing.finish();
  await eventually('the first leaves', () => log.includes('dispatch a1'));
  expect(log).not.toContain('dispatch a3');
  first.sending.finish();
  third.sending.finish();
  await Promise.all([first.done, third.done]);
  expect(log).not.toContain('dispatch a2');
});

test('no more are in flight at once than allowed', async () => {
  const dispatcher = createDispatcher(2);
  const log: string[] = [];
  const messages = ['a', 'b', 'c'].map((chat) => start(dispatcher, chat, log, chat));
  for (const { preparing } of messages) preparing.finish();
  await eventually('two leave', () => log.filter((line) => line.startsWith('dispatch')).length === 2);
  expect(log).not.toContain('dispatch c');
  for (const { sending } of messages) sending.finish();
  await Promise.all(messages.map(({ done }) => done));
});
