import { expect, test } from '@jest/globals';
import { createLifecycle, silentLogger } from '@pombo/runtime';

const lifecycle = (timeoutMs = 1000) => createLifecycle({ logger: silentLogger, timeoutMs });

test('stopping undoes everything, newest first, even after a failure, and only once', async () => {
  const undone: string[] = [];
  const life = lifecycle();
  life.onStop('a', () => void undone.push('a'));
  life.onStop('b', () => {
    undone.push('b');
    throw new Error('will not stop');
  });
  life.onStop('c', () => Promise.resolve().then(() => void undone.push('c')));
  await Promise.all([life.stop(), life.stop()]);
  await life.stop();
  expect(undone).toEqual(['c', 'b', 'a']);
  expect(life.stopping).toBe(true);
});

test('a part that never stops is left behind', async () => {
  const undone: string[] = [];
  const life = lifecycle(20);
  life.onStop('last', () => void undone.push('last'));
  life.onStop('stuck', () => new Promise(() => undefined));
  await life.stop();
  expect(undone).toEqual(['last']);
});

test('several parts that never stop take no longer than one', async () => {
  const life = lifecycle(500);
  for (const name of ['a', 'b', 'c', 'd', 'e']) life.onStop(name, () => new Promise(() => undefined));
  const begun = performance.now();
  await life.stop();
  expect(performance.now() - begun).toBeLessThan(1500);
});

test('what is created while stopping is undone right away', async () => {
  const undone: string[] = [];
  const life = lifecycle();
  await life.stop();
  life.onStop('late', () => void undone.push('late'));
  await life.stop();
  expect(undone).toEqual(['late']);
});
