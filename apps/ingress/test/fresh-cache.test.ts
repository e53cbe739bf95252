import { describe, expect, test } from '@jest/globals';
import { createFreshCache } from '../src/remembered/fresh-cache.js';

/** A place whose readings are answered by hand. */
function openPlace(maxAgeMs = 60_000) {
  const readings: Array<{
    key: string;
    answer: (value: { n: number } | undefined) => void;
    fail: (error: Error) => void;
  }> = [];
  const cache = createFreshCache<{ n: number }>({
    max: 2,
    maxAgeMs: () => maxAgeMs,
    read: (key) => new Promise((answer, fail) => void readings.push({ key, answer, fail })),
  });
  return { cache, readings };
}

describe('what was read', () => {
  test('is shared by all who ask meanwhile, and then known at once', async () => {
    const { cache, readings } = openPlace();
    const asked = [Promise.resolve(cache.get('a')), Promise.resolve(cache.get('a'))];
    readings[0]?.answer({ n: 1 });
    expect(await Promise.all(asked)).toEqual([{ n: 1 }, { n: 1 }]);
    expect(cache.get('a')).toEqual({ n: 1 });
    expect(readings).toHaveLength(1);
  });

  test('is read again when it is too old, counted from when reading began', async () => {
    const { cache, readings } = openPlace(0);
    const first = cache.get('a');
    readings[0]?.answer({ n: 1 });
    await first;
    expect(cache.get('a')).toBeInstanceOf(Promise);
    expect(readings).toHaveLength(2);
  });

  test('is not remembered when it was forgotten while it was being read', async () => {
    const { cache, readings } = openPlace();
    const asked = cache.get('a');
    cache.forget(() => false);
    readings[0]?.answer({ n: 1 });
    expect(await asked).toEqual({ n: 1 });
    const again = cache.get('a');
    readings[1]?.answer({ n: 2 });
    expect(await again).toEqual({ n: 2 });
    expect(cache.get('a')).toEqual({ n: 2 });
  });

  test('is not remembered when there was nothing, or reading failed', async () => {
    const { cache, readings } = openPlace();
    const asked = cache.get('a');
    readings[0]?.answer(undefined);
    expect(await asked).toBeUndefined();
    const failing = cache.get('a');
    readings[1]?.fail(new Error('away'));
    await expect(failing).rejects.toThrow('away');
    void cache.get('a');
    expect(readings).toHaveLength(3);
  });

  test('makes room for what was asked for last', async () => {
    const { cache, readings } = openPlace();
    for (const [place, key] of ['a', 'b', 'c'].entries()) {
      const asked = cache.get(key);
      readings[place]?.answer({ n: place });
      await asked;
    }
    expect(cache.get('c')).toEqual({ n: 2 });
    expect(cache.get('a')).toBeInstanceOf(Promise);
  });
});
