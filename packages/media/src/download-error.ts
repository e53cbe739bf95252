/** The border where failures of undici, DNS and zlib become Pombo's errors. */
import { PomboError } from '@pombo/contracts';
import { BlockedAddressError } from '@pombo/guard';

/** Failures that may pass by themselves. A certificate that is not valid or a name that doesn't exist will not. */
const PASSING_CODES: ReadonlySet<unknown> = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_DESTROYED',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_SOCKET',
  'Z_BUF_ERROR',
]);

const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * @param host - host and port only; the rest of a URL may hold secrets
 * @returns MEDIA_BLOCKED when the guard refused, else MEDIA_DOWNLOAD_FAILED; Pombo's own errors unchanged
 */
export function toDownloadError(error: unknown, host: string): PomboError {
  if (error instanceof PomboError) return error;
  if (error instanceof BlockedAddressError) {
    return new PomboError('MEDIA_BLOCKED', `The media host ${host} is not on the public internet.`, { cause: error });
  }
  const code = errorCode(error);
  const reason = code === undefined ? '' : ` (${code})`;
  return new PomboError('MEDIA_DOWNLOAD_FAILED', `The media could not be downloaded from ${host}${reason}.`, {
    cause: error,
    retryable: PASSING_CODES.has(code),
  });
}

/**
 * For an answer that is not the media.
 *
 * @param retryAfter - the `Retry-After` header
 */
export function toStatusError(status: number, host: string, retryAfter?: string): PomboError {
  const retryable = status >= 500 || PASSING_STATUSES.has(status);
  const seconds = retryable ? parseRetryAfterSeconds(retryAfter) : undefined;
  return new PomboError('MEDIA_DOWNLOAD_FAILED', `The media host ${host} answered with status ${status}.`, {
    retryable,
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  });
}

/** RFC 9110: a number of seconds or a date. */
function parseRetryAfterSeconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1_000));
}

/** The first code along the chain of causes; undici wraps what the socket reported. */
function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === 'string' ? code : errorCode(cause);
}
