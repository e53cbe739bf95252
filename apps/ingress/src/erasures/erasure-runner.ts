/**
 * Carries out erasures, step by step. Every ingress looks for them; one has each in hand, and should it die, another goes
 * on where it stopped.
 */
import { randomUUID } from 'node:crypto';
import { describeError, type Logger, SECOND } from '@pombo/runtime';
import type { Erasures, PendingErasure, StepResult } from '@pombo/store';

const LOOK_MS = 2 * SECOND;

export interface ErasureRunner {
  start(): void;
  /** Looks at once instead of in a while. */
  wake(): void;
  /** Resolves when the step in hand is done. */
  stop(): Promise<void>;
}

export interface ErasureRunnerParts {
  readonly erasures: Erasures;
  readonly steps: Readonly<Record<'recipient' | 'tenant', (pending: PendingErasure) => Promise<StepResult>>>;
  readonly logger: Logger;
}

export function createErasureRunner({ erasures, steps, logger }: ErasureRunnerParts): ErasureRunner {
  const holder = randomUUID();
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let again = false;
  let stopping = false;

  const carryOut = async (pending: PendingErasure): Promise<void> => {
    const erasure = await erasures.read(pending.tenantId, pending.id);
    // Finished by a process that died before it could say so.
    if (!erasure || erasure.done) return erasures.finish(pending, []);
    while (!stopping && (await erasures.keepLock(pending, holder))) {
      const result = await steps[erasure.kind](pending);
      if (result === 'more') continue;
      if (result === 'done') logger.info('erased', await figures(pending));
      return;
    }
  };
  const figures = async ({ tenantId, id }: PendingErasure) => {
    const { kind, erased, canceled } = (await erasures.read(tenantId, id)) ?? {};
    return { erasureId: id, tenantId, kind, erased, canceled };
  };
  const take = async (pending: PendingErasure): Promise<void> => {
    if (!(await erasures.lock(pending, holder))) return;
    try {
      await carryOut(pending);
    } finally {
      await erasures.unlock(pending, holder);
    }
  };
  const look = async (): Promise<void> => {
    for (const pending of await erasures.listPending()) {
      if (stopping) return;
      // One that fails keeps no other from being carried out; it is taken up again.
      await take(pending).catch((error: unknown) =>
        logger.warn('an erasure was interrupted', { erasureId: pending.id, ...describeError(error) }),
      );
    }
  };
  const wake = (): void => {
    if (stopping) return;
    if (working) {
      again = true;
      return;
    }
    again = false;
    working = look()
      .catch((error: unknown) => logger.debug('erasures could not be looked for', describeError(error)))
      .finally(() => {
        working = undefined;
        if (again) wake();
      });
  };

  return {
    start() {
      timer = setInterval(wake, LOOK_MS);
      wake();
    },
    wake,
    async stop() {
      stopping = true;
      clearInterval(timer);
      await working;
    },
  };
}
