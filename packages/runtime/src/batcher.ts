/**
 * Gathers questions into batches without making anyone wait for company: the first is put at once, and what comes in
 * while an answer is under way goes together in the next. A question asked twice meanwhile is put once.
 */
export interface Batcher<Answer> {
  load(key: string): Promise<Answer>;
  /** Everyone who waits gets the error; nothing is asked any more. */
  close(error: Error): void;
}

/**
 * @param ask answers some or all of the keys; those it leaves out are put again, so it must itself wait for whatever it
 * lacks. When it throws, everyone in the batch gets the error.
 */
export function createBatcher<Answer>(
  maxSize: number,
  ask: (keys: readonly string[]) => Promise<ReadonlyMap<string, Answer>>,
): Batcher<Answer> {
  const waiting = new Map<string, PromiseWithResolvers<Answer>>();
  let busy = false;
  let closed: Error | undefined;

  const settle = (keys: readonly string[], tell: (one: PromiseWithResolvers<Answer>, key: string) => void): void => {
    for (const key of keys) {
      const one = waiting.get(key);
      waiting.delete(key);
      if (one) tell(one, key);
    }
  };

  const askBatch = async (): Promise<void> => {
    const keys = [...waiting.keys()].slice(0, maxSize);
    try {
      const answers = await ask(keys);
      const answered = keys.filter((key) => answers.has(key));
      settle(answered, (one, key) => one.resolve(answers.get(key) as Answer));
    } catch (error) {
      settle(keys, (one) => one.reject(error));
    }
  };

  const work = async (): Promise<void> => {
    busy = true;
    // Whoever asks in the same breath goes along.
    await Promise.resolve();
    while (waiting.size > 0) await askBatch();
    busy = false;
  };

  return {
    load(key) {
      if (closed) return Promise.reject(closed);
      const known = waiting.get(key);
      if (known) return known.promise;
      const one = withResolvers<Answer>();
      waiting.set(key, one);
      if (!busy) void work();
      return one.promise;
    },
    close(error) {
      closed = error;
      settle([...waiting.keys()], (one) => one.reject(error));
    },
  };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** Node 20 has no `Promise.withResolvers` yet. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
