import { expect, test } from '@jest/globals';
import type { LiveWorker } from '@pombo/store';
import { chooseHeir } from '../src/fleet/choose-heir.js';

const TIMES = { leaseTtlMs: 5_000, tickMs: 1_000 };
const worker = (name: string, changes: Partial<LiveWorker> = {}): LiveWorker => ({
  ...{ name, ageMs: 60_000, capacity: 10, draining: false, connecting: 0, leftMs: 4_500 },
  ...changes,
});
const choose = (...others: LiveWorker[]) => chooseHeir('dev_1', others, 'owner', TIMES);

test('a device goes to whoever should own it', () => {
  expect(choose(worker('other'), worker('owner'), worker('third'))).toBe('owner');
});

test.each([
  ['connects others', { connecting: 2 }],
  ['has just begun', { ageMs: 2_000 }],
])('while that one %s, another stands in', (_why, changes) => {
  expect(choose(worker('other'), worker('owner', changes))).toBe('other');
});

test('nobody is given a device while nobody has time for it', () => {
  expect(choose(worker('other', { connecting: 5 }), worker('owner', { connecting: 2 }))).toBeUndefined();
  // The silent one may have died, and its devices are the others' then.
  expect(choose(worker('other'), worker('owner', { leftMs: 2_000 }))).toBeUndefined();
  expect(choose()).toBeUndefined();
});

test('workers that have just begun are given devices when there are no others', () => {
  expect(choose(worker('owner', { ageMs: 100 }))).toBe('owner');
});
