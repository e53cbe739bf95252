import { setTimeout as wait } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Default 50 s: generous, for busy machines; a test that passes never waits for it. */
  readonly timeoutMs?: number;
  /** Default 20 ms. */
  readonly intervalMs?: number;
}

type Truthy<T> = Exclude<NonNullable<T>, false | 0 | ''>;

/**
 * Waits for a condition, the only way tests wait here: calls `probe` until it returns something truthy.
 * @throws Error with `what` and the last thing seen when time is up.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  { timeoutMs = 50_000, intervalMs = 20 }: EventuallyOptions = {},
): Promise<Truthy<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await probe();
    if (seen) return seen as Truthy<T>;
    if (Date.now() > deadline)
      throw new Error(`did not happen within ${timeoutMs} ms: ${what}; last seen: ${JSON.stringify(seen)}`);
    await wait(intervalMs);
  }
}
