/** Reads a failure so that a test can say which one it wants. */
import { PomboError } from '@pombo/contracts';

/** The PomboError the promise fails with; anything else fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<PomboError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof PomboError) return outcome.error;
  throw new Error('Expected a PomboError', { cause: 'error' in outcome ? outcome.error : undefined });
}

/** Waits for a condition, for what a test can't be told about. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
