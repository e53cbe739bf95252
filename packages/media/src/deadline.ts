/** One signal for "took too long" and "the caller no longer wants it". */
import { PomboError } from '@pombo/contracts';

export interface Deadline {
  /** Aborts with a PomboError as its reason. */
  readonly signal: AbortSignal;
  /** Must be called once the work is over, or the timer and the caller's signal keep it alive. */
  release(): void;
}

/**
 * @param timeoutMs - from now, in milliseconds
 * @param host - for the message
 * @param outer - the caller's own signal
 */
export function startDeadline(timeoutMs: number, host: string, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  const abort = (message: string, cause?: unknown) =>
    controller.abort(new PomboError('MEDIA_DOWNLOAD_FAILED', message, { cause, retryable: true }));
  const onTimeout = () => abort(`The download from ${host} took longer than ${timeoutMs / 1_000} s.`);
  const onOuterAbort = () => abort(`The download from ${host} was stopped.`, outer?.reason);

  const timer = setTimeout(onTimeout, timeoutMs);
  if (outer?.aborted) onOuterAbort();
  outer?.addEventListener('abort', onOuterAbort, { once: true });

  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onOuterAbort);
    },
  };
}
