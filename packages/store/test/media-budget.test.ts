import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLogger } from '@pombo/runtime';
import { eventually, openTestStore, type TestStore } from '@pombo/testing';
import { createMediaBudget, type MediaBudget } from '../src/index.js';

let context: TestStore;
let opened: MediaBudget[];
beforeEach(async () => {
  context = await openTestStore();
  opened = [];
});
afterEach(async () => {
  for (const budget of opened) budget.stop();
  await context.close();
});

async function openBudget(maxBytes: number, seen: number[] = []): Promise<MediaBudget> {
  const { mediaSize } = context.store;
  const gauge = { set: (bytes: number) => void seen.push(bytes) };
  const budget = createMediaBudget({ mediaSize, maxBytes, gauge, logger: silentLogger });
  opened.push(budget);
  await budget.start();
  return budget;
}

test('what one process stores counts there at once, and in the others within a second or so', async () => {
  const seen: number[] = [];
  const [one, other] = [await openBudget(1_000), await openBudget(1_000, seen)];
  one.noteStored(900);
  expect([one.hasRoom(100), one.hasRoom(101), other.hasRoom(1_000)]).toEqual([true, false, true]);
  await eventually('the other knows', () => !other.hasRoom(101));
  expect(other.hasRoom(100)).toBe(true);
  expect(seen.at(-1)).toBe(900);
});

test('a measure replaces what was counted, and not what comes while it is taken', async () => {
  const { mediaSize } = context.store;
  const { added } = await mediaSize.read(5_000);
  expect(added).toBe(5_000);
  await mediaSize.read(70);
  await mediaSize.measured(300, added);
  expect(await mediaSize.read()).toEqual({ bytes: 370, added: 5_070 });
});

test('without a limit there is always room', async () => {
  const budget = await openBudget(0);
  budget.noteStored(Number.MAX_SAFE_INTEGER);
  expect(budget.hasRoom(1_000_000)).toBe(true);
});
