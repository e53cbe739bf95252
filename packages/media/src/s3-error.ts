/** The border where failures of S3, and of the way to it, become Pombo's errors. */
import { PomboError } from '@pombo/contracts';

interface S3Failure {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Answers that say the caller's settings are wrong: trying again changes nothing. */
const LASTING_STATUSES: ReadonlySet<unknown> = new Set([301, 307, 400, 401, 403, 404, 405, 411, 412, 501]);
const RETRY_AFTER_SECONDS = 5;

export function isNotFound(error: unknown): boolean {
  const { name } = asFailure(error);
  return name === 'NoSuchKey' || name === 'NotFound';
}

/** MEDIA_NOT_FOUND for a missing object, INTERNAL_ERROR for wrong settings, MEDIA_STORE_UNAVAILABLE for what may pass; Pombo's own errors unchanged. */
export function toS3Error(error: unknown): PomboError {
  if (error instanceof PomboError) return error;
  if (isNotFound(error)) return s3MediaNotFound(error);
  const reason = reasonOf(error);
  if (LASTING_STATUSES.has(asFailure(error).$metadata?.httpStatusCode)) {
    return new PomboError('INTERNAL_ERROR', `The media store in S3_BUCKET failed (${reason}).`, { cause: error });
  }
  const message = `The media store cannot be reached at the moment (${reason}); try again shortly.`;
  const options = { cause: error, retryable: true, retryAfterSeconds: RETRY_AFTER_SECONDS };
  return new PomboError('MEDIA_STORE_UNAVAILABLE', message, options);
}

/** `NoSuchBucket`, `ECONNREFUSED`, `TimeoutError`, …: never the address or what the other side wrote. */
export function reasonOf(error: unknown): string {
  const { code, name } = asFailure(error);
  const isWord = (word: unknown): word is string => typeof word === 'string' && /^\w{1,64}$/.test(word);
  return [code, name].find(isWord) ?? 'no reason given';
}

export function s3MediaNotFound(cause?: unknown): PomboError {
  return new PomboError(
    'MEDIA_NOT_FOUND',
    'The stored media was not found: its retention has passed, or ingress and worker do not share one S3_BUCKET and S3_PREFIX.',
    { cause },
  );
}

const asFailure = (error: unknown): S3Failure => error ?? {};
