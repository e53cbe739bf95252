/**
 * Every error a program or a person can meet. The error knows neither HTTP nor BullMQ: the ingress has a table
 * kind → status, the worker one kind → retry or give up. A code, once published, is never reused.
 */

/** What sort of failure it is; decides how callers treat it. */
export type ErrorKind =
  | 'invalid'
  | 'unauthorised'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'unsupported'
  | 'unprocessable'
  | 'rate-limited'
  | 'unavailable'
  | 'timeout'
  | 'internal';

/** Stable codes with their kind. */
export const ERROR_CODES = {
  VALIDATION_ERROR: 'invalid',
  INVALID_JSON: 'invalid',
  UNAUTHORIZED: 'unauthorised',
  FORBIDDEN: 'forbidden',
  NOT_FOUND: 'not-found',
  DEVICE_NOT_FOUND: 'not-found',
  MESSAGE_NOT_FOUND: 'not-found',
  MEDIA_NOT_FOUND: 'not-found',
  WEBHOOK_NOT_FOUND: 'not-found',
  DEVICE_NOT_READY: 'conflict',
  ALREADY_DISPATCHED: 'conflict',
  ALREADY_CONNECTED: 'conflict',
  WEBHOOK_DISABLED: 'conflict',
  WEBHOOK_LIMIT_REACHED: 'conflict',
  PAYLOAD_TOO_LARGE: 'too-large',
  UNSUPPORTED_MEDIA_TYPE: 'unsupported',
  IDEMPOTENCY_KEY_REUSED: 'unprocessable',
  MEDIA_DOWNLOAD_FAILED: 'unprocessable',
  MEDIA_BLOCKED: 'unprocessable',
  MEDIA_INVALID: 'unprocessable',
  RECIPIENT_NOT_ON_WHATSAPP: 'unprocessable',
  ACCOUNT_RESTRICTED: 'unprocessable',
  REJECTED_BY_WHATSAPP: 'unprocessable',
  EXPIRED: 'unprocessable',
  CANCELED: 'unprocessable',
  UPLOAD_FAILED: 'unavailable',
  RATE_LIMITED: 'rate-limited',
  QUEUE_UNAVAILABLE: 'unavailable',
  MEDIA_STORE_UNAVAILABLE: 'unavailable',
  MEDIA_STORE_FULL: 'unavailable',
  DEVICE_ERROR: 'unavailable',
  SEND_TIMEOUT: 'timeout',
  INTERNAL_ERROR: 'internal',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One offending field of a request. `value` is never a secret: large or private values are left out. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
  readonly value?: unknown;
}

export interface PomboErrorOptions {
  /** Foreign error this one was made from; never shown to a client. */
  readonly cause?: unknown;
  /** Whether the same call may succeed later without anyone changing anything. Default false. */
  readonly retryable?: boolean;
  readonly validation?: readonly FieldProblem[];
  /** Seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
  /** Set when a message may exist although the call failed. */
  readonly messageId?: string;
}

/** The one error class that crosses package borders. `message` is for people and may change; `code` is stable. */
export class PomboError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly validation: readonly FieldProblem[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly messageId: string | undefined;

  constructor(code: ErrorCode, message: string, options: PomboErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PomboError';
    this.code = code;
    this.kind = ERROR_CODES[code];
    this.retryable = options.retryable ?? false;
    this.validation = options.validation;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.messageId = options.messageId;
  }
}
