/** The border where errors of Express, its body parser and Redis become Pombo's. */
import { type ErrorCode, PomboError } from '@pombo/contracts';
import { isRedisUnavailable } from '@pombo/runtime';
import { RedisTooSlowError } from './redis-budget.js';

/** What `body-parser` calls its errors: its documented, stable `type`. */
const BODY_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  'charset.unsupported': ['UNSUPPORTED_MEDIA_TYPE', 'the body must be JSON in UTF-8'],
  'encoding.unsupported': ['UNSUPPORTED_MEDIA_TYPE', 'the content encoding of the body is not supported'],
  'entity.parse.failed': ['INVALID_JSON', 'the body is not valid JSON'],
  'entity.too.large': ['PAYLOAD_TOO_LARGE', 'the body is larger than the limit'],
  'request.aborted': ['INVALID_JSON', 'the body ended early'],
  'request.size.invalid': ['INVALID_JSON', 'the body is not as long as Content-Length says'],
};

/** Fields that errors of Express and body-parser carry. */
interface HttpLikeError {
  readonly type?: unknown;
  readonly status?: unknown;
  readonly limit?: unknown;
}

export function toPomboError(error: unknown): PomboError {
  if (error instanceof PomboError) return error;
  if (isQueueFailure(error)) return queueUnavailable(error);
  return fromHttpError(error) ?? new PomboError('INTERNAL_ERROR', 'something went wrong inside', { cause: error });
}

/** Whether Redis is away, silent, slow or refuses to work; the same call may succeed later. */
export function isQueueFailure(error: unknown): boolean {
  return error instanceof RedisTooSlowError || isRedisUnavailable(error);
}

/** @param messageId of a message that may have been written although Redis did not say so. */
export function queueUnavailable(cause?: unknown, messageId?: string): PomboError {
  const text =
    messageId === undefined
      ? 'the queue cannot be reached at the moment; try again shortly'
      : 'the queue did not answer in time; the message may have been accepted: look it up before you send it again';
  return new PomboError('QUEUE_UNAVAILABLE', text, {
    cause,
    retryable: true,
    retryAfterSeconds: 1,
    ...(messageId === undefined ? {} : { messageId }),
  });
}

function fromHttpError(error: unknown): PomboError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { type, status, limit } = error as HttpLikeError;
  const known = typeof type === 'string' ? BODY_ERRORS[type] : undefined;
  if (known) {
    const detail = typeof limit === 'number' ? ` of ${limit} bytes` : '';
    return new PomboError(known[0], known[1] + detail, { cause: error });
  }
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return new PomboError('VALIDATION_ERROR', 'the request cannot be read', { cause: error });
}
