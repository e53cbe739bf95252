/**
 * Start and stop of a process. Whoever creates a resource pushes its undo at once; stopping walks the stack backwards,
 * runs every undo even after a failure, and runs only once however often it is asked.
 */
import { describeError, type Logger } from './logger.js';

export interface Lifecycle {
  /** Registers how to undo what was just created. Called after stopping began, the undo runs right away. */
  onStop(name: string, undo: () => Promise<void> | void): void;
  /** Runs all undos, newest first. Idempotent: later calls get the first call's promise. */
  stop(): Promise<void>;
  readonly stopping: boolean;
}

export interface LifecycleOptions {
  readonly logger: Logger;
  /** All undos together may take this long; one that has not ended by then is left behind. */
  readonly timeoutMs: number;
}

/** What an undo gets at least, when those before it have used up the time: enough to close what needs no answer. */
const LAST_CHANCE_MS = 100;

export function createLifecycle({ logger, timeoutMs }: LifecycleOptions): Lifecycle {
  const undos: Array<{ name: string; undo: () => Promise<void> | void }> = [];
  let stopped: Promise<void> | undefined;

  let deadline = Infinity;

  const run = async (name: string, undo: () => Promise<void> | void): Promise<void> => {
    const leftMs = Math.max(deadline - performance.now(), LAST_CHANCE_MS);
    try {
      await withDeadline(Promise.resolve().then(undo), leftMs, name);
    } catch (error) {
      logger.error('stopping a part failed', { part: name, ...describeError(error) });
    }
  };

  const stopAll = async (): Promise<void> => {
    deadline = performance.now() + timeoutMs;
    for (let next = undos.pop(); next !== undefined; next = undos.pop()) await run(next.name, next.undo);
  };

  return {
    onStop(name, undo) {
      if (stopped) stopped = stopped.then(() => run(name, undo));
      else undos.push({ name, undo });
    },
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
    get stopping() {
      return stopped !== undefined;
    },
  };
}

async function withDeadline(work: Promise<void>, timeoutMs: number, name: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not stop in time`)), timeoutMs);
  });
  try {
    await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

export interface SignalOptions {
  /** Tells rejections that a library is known to leave unhandled, and that leave nothing in doubt. */
  readonly isHarmless?: (error: unknown) => boolean;
}

/** One Ctrl-C under npm arrives twice, from the terminal and from npm. */
const SAME_SIGNAL_MS = 1000;

/**
 * SIGTERM and SIGINT stop the process in order; a second signal ends it at once with status 1.
 * An error nobody caught is logged and ends the process too, since its state is unknown.
 */
export function attachSignals(
  lifecycle: Lifecycle,
  logger: Logger,
  { isHarmless = () => false }: SignalOptions = {},
): void {
  const stopThenExit = (status: number): void => {
    void lifecycle.stop().then(() => process.exit(status));
  };
  let firstSignalAt: number | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (firstSignalAt !== undefined) {
        if (Date.now() - firstSignalAt > SAME_SIGNAL_MS) process.exit(1);
        return;
      }
      firstSignalAt = Date.now();
      logger.info('stopping', { signal });
      stopThenExit(0);
    });
  }
  const crash = (error: unknown): void => {
    logger.error('an error nobody caught', describeError(error));
    if (lifecycle.stopping) process.exit(1);
    stopThenExit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', (error) => {
    if (isHarmless(error)) logger.warn('a library left a failure unhandled', describeError(error));
    else crash(error);
  });
}
