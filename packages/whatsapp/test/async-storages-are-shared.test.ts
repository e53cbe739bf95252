import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { SharedAsyncStorage } from '../src/async-storage.js';

test('work sees the store it was run with, across awaits and beside other work', async () => {
  const storage = new SharedAsyncStorage<number>();
  const seen = await Promise.all(
    [1, 2, 3].map((store) =>
      storage.run(store, async () => {
        await turn();
        return storage.getStore();
      }),
    ),
  );
  expect(seen).toEqual([1, 2, 3]);
  expect(storage.getStore()).toBeUndefined();
});

test('storages do not see each other’s stores, and the innermost run of one counts', async () => {
  const [first, second] = [new SharedAsyncStorage<string>(), new SharedAsyncStorage<string>()];
  const look = () => [first.getStore(), second.getStore()];
  const seen: unknown[] = [];
  await first.run('a', async () => {
    await second.run('b', async () => {
      await turn();
      seen.push(look());
      first.run('c', () => seen.push(look()));
      seen.push(look());
    });
    seen.push(look());
  });
  expect(seen).toEqual([
    ['a', 'b'],
    ['c', 'b'],
    ['a', 'b'],
    ['a', undefined],
  ]);
});

test('arguments, results and errors pass through', () => {
  const storage = new SharedAsyncStorage<true>();
  expect(storage.run(true, (a: number, b: number) => a + b, 2, 3)).toBe(5);
  const fail = () => storage.run(true, () => JSON.parse('{') as unknown);
  expect(fail).toThrow(SyntaxError);
  expect(storage.getStore()).toBeUndefined();
});

/** In a process of its own: jest's modules do not see that a built-in one changes. */
const PROBE = `
  import { AsyncLocalStorage } from 'async_hooks';
  import { SharedAsyncStorage, sharingAsyncStorage } from './packages/whatsapp/dist/async-storage.js';
  const make = () => new AsyncLocalStorage();
  const real = make().constructor === AsyncLocalStorage;
  const inside = sharingAsyncStorage(make) instanceof SharedAsyncStorage;
  const after = make() instanceof SharedAsyncStorage;
  console.log(JSON.stringify({ real, inside, after }));
`;

test('only what is made meanwhile shares, also in a library that imported the real one before', async () => {
  const root = new URL('../../../', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROBE], { cwd: root });
  expect(JSON.parse(stdout)).toEqual({ real: true, inside: true, after: false });
  expect(new AsyncLocalStorage()).not.toBeInstanceOf(SharedAsyncStorage);
});
