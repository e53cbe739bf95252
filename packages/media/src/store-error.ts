/** The border where failures of the file system become Pombo's errors. */
import { PomboError } from '@pombo/contracts';

/** A full disk, too many open files, a network share that is away: these pass without anyone changing the settings. */
const PASSING_CODES: ReadonlySet<unknown> = new Set([
  'EAGAIN',
  'EBUSY',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOSPC',
  'ESTALE',
  'ETIMEDOUT',
]);

/** Runs one step on the file system; its failure becomes INTERNAL_ERROR. */
export async function onDisk<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw toStoreError(error);
  }
}

/** MEDIA_NOT_FOUND for a missing file, INTERNAL_ERROR for the rest; Pombo's own errors unchanged. The path stays out of the message: clients see it. */
export function toStoreError(error: unknown): PomboError {
  if (error instanceof PomboError) return error;
  const code = systemErrorCode(error);
  if (code === 'ENOENT') return mediaNotFound(error);
  const reason = code === undefined ? '' : ` (${code})`;
  return new PomboError('INTERNAL_ERROR', `The media store in MEDIA_DIR failed${reason}.`, {
    cause: error,
    retryable: PASSING_CODES.has(code),
  });
}

export function mediaNotFound(cause?: unknown): PomboError {
  return new PomboError(
    'MEDIA_NOT_FOUND',
    'The stored media was not found: its retention has passed, or ingress and worker do not share one MEDIA_DIR.',
    { cause },
  );
}

/** `ENOENT`, `EACCES`, … */
export function systemErrorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
